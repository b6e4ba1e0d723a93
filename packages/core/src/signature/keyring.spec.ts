import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noGnupg, TestGnupg } from "../../../../test/support/gnupg.ts";
import { digestOf } from "../oci/index.ts";
import { observePrograms } from "../process/index.ts";
import type { GnupgHost } from "./gnupg.ts";
import { Keyring } from "./keyring.ts";
import { writePayload } from "./payload.ts";
import { signClaim } from "./sign.ts";

const CLAIM = { digest: digestOf("manifest"), identity: "r.io/app:1" };
const SIGNER = { creator: "spec", at: new Date(0) };
const PAYLOAD = writePayload(CLAIM, SIGNER);
/** How gpg signs so that the content can be seen in what it writes. */
const PLAIN = ["--compress-algo", "none", "--sign"];
const SECRET = "a secret that nobody sees";

describe(`signatures by gpg${noGnupg}`, function () {
  this.timeout(60_000);
  let gnupg: TestGnupg;
  let folder: string;
  let host: GnupgHost;
  const keys = { mine: "", guarded: "", other: "", expired: "" };

  before(function () {
    if (noGnupg !== "") this.skip();
    gnupg = new TestGnupg();
    folder = mkdtempSync(join(tmpdir(), "wherry-signature-"));
    host = { env: { PATH: process.env["PATH"], GNUPGHOME: gnupg.home }, temporaryDirectory: folder };
    keys.mine = gnupg.makeKey("mine@example.com");
    keys.other = gnupg.makeKey("other@example.com");
    keys.guarded = gnupg.makeKey("guarded@example.com", { passphrase: SECRET });
    keys.expired = gnupg.makeKey("expired@example.com", { isExpired: true });
  });
  after(() => {
    if (noGnupg !== "") return;
    gnupg[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    assert.deepEqual(readdirSync(folder), [], "what is left behind");
  });

  const keyring = (...fingerprints: readonly string[]): Promise<Keyring> =>
    Keyring.of([{ bytes: gnupg.exported(...fingerprints), where: "key.gpg" }], host);

  it("are made with a key, and read back with its public part alone", async () => {
    for (const key of [keys.mine, "mine@example.com"]) {
      const signature = await signClaim(CLAIM, { key }, SIGNER, host);
      using trusted = await keyring(keys.mine);
      const verified = await trusted.verify(signature);
      assert.deepEqual(verified, { ...CLAIM, fingerprint: keys.mine, primary: keys.mine });
    }
  });

  it("are made with a passphrase that stands in no arguments and no errors", async () => {
    const started: string[] = [];
    observePrograms((argv) => started.push(argv.join(" ")));
    // gpg's agent remembers a passphrase that was right: the wrong one comes first
    const wrong = signClaim(CLAIM, { key: keys.guarded, passphrase: `not ${SECRET}` }, SIGNER, host);
    await assert.rejects(wrong, (error: Error & { code: string }) => {
      assert.equal(error.code, "ERR_WHERRY_SIGNING_FAILED");
      assert.ok(!error.message.includes(SECRET), error.message);
      return true;
    });
    const twoLines = signClaim(CLAIM, { key: keys.guarded, passphrase: `${SECRET}\n` }, SIGNER, host);
    await assert.rejects(twoLines, /more than one line/);
    const signature = await signClaim(CLAIM, { key: keys.guarded, passphrase: SECRET }, SIGNER, host);
    using trusted = await keyring(keys.guarded);
    assert.equal((await trusted.verify(signature)).primary, keys.guarded);
    observePrograms(() => undefined);
    assert.ok(started.length >= 3 && !started.some((line) => line.includes(SECRET)), started.join("\n"));
  });

  it("are not made with a key that is not there, or has expired", async () => {
    for (const key of ["nobody@example.com", keys.expired])
      await assert.rejects(signClaim(CLAIM, { key }, SIGNER, host), { code: "ERR_WHERRY_SIGNING_FAILED" });
  });

  it("of a key that was made by armour, and with its secret part, are taken too", async () => {
    const armoured = gnupg.run(["--armor", "--export", keys.mine]);
    const secret = gnupg.run(["--export-secret-keys", keys.other]);
    using trusted = await Keyring.of(
      [
        { bytes: armoured, where: "a" },
        { bytes: secret, where: "b" },
      ],
      host,
    );
    assert.deepEqual([...trusted.fingerprints].sort(), [keys.mine, keys.other].sort());
    for (const key of [keys.mine, keys.other]) await trusted.verify(gnupg.sign(PAYLOAD, key));
  });

  it("cannot be checked with a file that has no key", async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("key"), gnupg.sign(PAYLOAD, keys.mine)])
      await assert.rejects(Keyring.of([{ bytes, where: "/p/key.gpg" }], host), {
        code: "ERR_WHERRY_NO_PUBLIC_KEYS",
        message: /\/p\/key\.gpg holds no public key/,
      });
  });

  const HOSTILE: readonly (readonly [what: string, make: () => Uint8Array, why: RegExp])[] = [
    ["nothing", () => Buffer.alloc(0), /no signature of OpenPGP/],
    ["text", () => PAYLOAD, /no signature of OpenPGP/],
    ["noise", () => Buffer.alloc(1000, 0xa3), /no signature of OpenPGP/],
    ["another format", () => Buffer.from("\0sigstore-json\n{}"), /no signature of OpenPGP/],
    ["a stranger's", () => gnupg.sign(PAYLOAD, keys.other), /which is none of those that are trusted/],
    ["one by an expired key", () => gnupg.signThen(PAYLOAD, keys.expired), /has expired/],
    ["content that nobody signed", () => gnupg.run(["--store"], PAYLOAD), /no signature of OpenPGP/],
    ["a signature without content", () => gnupg.sign(PAYLOAD, keys.mine, "--detach-sign"), /./],
    ["two signatures", () => gnupg.sign(PAYLOAD, keys.mine, "--local-user", keys.other, "--sign"), /./],
    ["two messages", () => Buffer.concat([1, 2].map(() => gnupg.sign(PAYLOAD, keys.mine, ...PLAIN))), /./],
    ["half of one", () => half(gnupg.sign(PAYLOAD, keys.mine)), /./],
    ["other words in it", () => changed(gnupg.sign(PAYLOAD, keys.mine, ...PLAIN)), /./],
    ["other words signed", () => gnupg.sign("{}", keys.mine), /no claim about an image/],
    ["10 MB", () => Buffer.alloc(10_000_000, 0xa3), /more than 4194304 bytes/],
    ["a little that becomes much", () => gnupg.sign(Buffer.alloc(20_000_000, 32), keys.mine), /./],
  ];
  for (const [what, make, why] of HOSTILE)
    it(`are refused when it is ${what}`, async () => {
      using trusted = await keyring(keys.mine, keys.expired);
      const signature = make();
      await assert.rejects(trusted.verify(signature), { code: "ERR_WHERRY_INVALID_SIGNATURE", message: why });
    });
});

function half(signature: Buffer): Buffer {
  return signature.subarray(0, signature.length / 2);
}

/** One that was for another name is made one for r.io/evil:1. */
function changed(signature: Buffer): Buffer {
  const text = signature.toString("latin1");
  assert.ok(text.includes("r.io/app:1"));
  return Buffer.from(text.replace("r.io/app:1", "r.io/bad:1"), "latin1");
}
