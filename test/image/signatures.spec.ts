import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import type { Program } from "@wherry/core/cli";
import { program as wherryBuild } from "../../packages/build/src/program.ts";
import { program as wherry } from "../../packages/run/src/program.ts";
import { noGnupg, TestGnupg } from "../support/gnupg.ts";
import { hostIn, runInProcess } from "../support/in-process.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const noSkopeo = spawnSync("skopeo", ["--version"]).error !== undefined;
const ACCEPT = [{ type: "insecureAcceptAnything" }];
const NO_TLS = "--tls-verify=false";

describe(`signatures of images${noGnupg}`, function () {
  this.timeout(60_000);
  let gnupg: TestGnupg;
  let cli: ImageCli;
  let registry: TestRegistry;
  let mine: string;
  let other: string;

  before(async function () {
    if (noGnupg !== "") this.skip();
    gnupg = new TestGnupg();
    mine = gnupg.makeKey("mine@example.com");
    other = gnupg.makeKey("other@example.com", { passphrase: "open sesame" });
    registry = await startRegistry();
    for (const name of ["app", "index"])
      registry.storage.addImage(name, { tag: "1", layers: [Buffer.from(name)] });
  });
  after(async () => {
    if (noGnupg !== "") return;
    gnupg[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    cli = new ImageCli();
    cli.env = { GNUPGHOME: gnupg.home };
    writeFileSync(cli.path("mine.gpg"), gnupg.exported(mine));
    writeFileSync(cli.path("other.gpg"), gnupg.exported(other));
    lookaside(`lookaside: file://${cli.path("sigstore")}`);
  });
  afterEach(() => {
    const left = readdirSync(cli.folder).filter((name) => /^wherry-(?:keys|sign)/.test(name));
    cli[Symbol.dispose]();
    assert.deepEqual(left, []);
  });

  const docker = (name: string): string => `docker://${registry.host}/${name}`;

  function lookaside(...lines: readonly string[]): void {
    mkdirSync(cli.path(".config/containers/registries.d"), { recursive: true });
    const text = ["docker:", `  ${registry.host}:`, ...lines.map((line) => `    ${line}`)].join("\n");
    writeFileSync(cli.path(".config/containers/registries.d/here.yaml"), `${text}\n`);
  }
  /** A policy that wants what is in the registry signed. */
  function policy(demand: object = {}): string {
    const signed = { type: "signedBy", keyType: "GPGKeys", keyPath: cli.path("mine.gpg"), ...demand };
    const transports = { docker: { [registry.host]: [signed] }, dir: { [cli.path("strict")]: [signed] } };
    writeFileSync(cli.path("policy.json"), JSON.stringify({ default: ACCEPT, transports }));
    return cli.path("policy.json");
  }
  const ours = (...argv: readonly string[]) => cli.run("--policy", policy(), NO_TLS, ...argv);
  async function succeed(...argv: readonly string[]): Promise<string> {
    const { status, err, out } = await ours(...argv);
    assert.equal(status, 0, err);
    return out;
  }
  /** Copies without being asked for signatures, and signs. */
  async function sign(from: string, to: string, ...flags: readonly string[]): Promise<void> {
    const { status, err } = await cli.run(
      "--insecure-policy",
      NO_TLS,
      "copy",
      "-q",
      "--sign-by",
      mine,
      ...flags,
      from,
      to,
    );
    assert.equal(status, 0, err);
  }
  async function skopeo(...words: readonly string[]): Promise<string> {
    const folders = ["--registries.d", cli.path(".config/containers/registries.d"), "--override-arch=amd64"];
    const env = { ...process.env, GNUPGHOME: gnupg.home };
    return (await promisify(execFile)("skopeo", [...folders, ...words], { env, timeout: 30_000 })).stdout;
  }
  const inLookaside = (repository: string): string[] =>
    readdirSync(cli.path("sigstore"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.startsWith(`${repository}@`) && /signature-\d+$/.test(name))
      .sort();

  it("are made on a copy, and then the image may be taken where the policy wants them", async () => {
    const unsigned = await ours("copy", docker("app:1"), `dir:${cli.path("out")}`);
    assert.equal(unsigned.status, 1);
    assert.match(
      unsigned.err,
      /Source image rejected: .*app:1: A signature was required, but no signature exists/,
    );
    assert.ok(!existsSync(cli.path("out")));
    const undemanded = await cli.run(
      "--require-signed",
      NO_TLS,
      "copy",
      docker("app:1"),
      `dir:${cli.path("out")}`,
    );
    assert.match(
      undemanded.err,
      /app:1: no signature verification is required by policy \(the built-in policy, default\)/,
    );
    await sign(docker("app:1"), docker("app:signed"));
    const [file = "", ...more] = inLookaside("app");
    assert.match(file, /^app@sha256=[a-f0-9]{64}\/signature-1$/);
    assert.deepEqual(more, []);
    assert.equal(statSync(cli.path("sigstore", file)).mode & 0o777, 0o644);
    await succeed("--require-signed", "copy", docker("app:signed"), `dir:${cli.path("out")}`);
    assert.deepEqual(readFileSync(cli.path("out/signature-1")), readFileSync(cli.path("sigstore", file)));
    const otherTag = await ours("copy", docker("app:1"), `dir:${cli.path("x")}`);
    assert.match(otherTag.err, /Signature for identity ".*app:signed" is not accepted/);
    await succeed("copy", docker(`app@${digestIn(file)}`), `dir:${cli.path("y")}`);
  });

  it("are made again without a second file, for a second name with one more, and by a key with a passphrase", async () => {
    writeFileSync(cli.path("pass"), "open sesame\n", { mode: 0o600 });
    for (const _ of [1, 2]) await sign(docker("app:1"), docker("app:a"));
    assert.equal(inLookaside("app").length, 1);
    await sign(docker("app:1"), docker("app:b"));
    assert.equal(inLookaside("app").length, 2);
    for (const tag of ["a", "b"]) await succeed("copy", docker(`app:${tag}`), `dir:${cli.path(tag)}`);
    const wrong = ["--sign-by", other, "--sign-passphrase-file"];
    writeFileSync(cli.path("wrong"), "close sesame");
    const refused = await cli.run(
      "--insecure-policy",
      NO_TLS,
      "copy",
      ...wrong,
      cli.path("wrong"),
      docker("app:1"),
      docker("app:c"),
    );
    assert.equal(refused.status, 1);
    assert.match(refused.err, /cannot sign with key "[0-9A-F]+": signing failed: Bad passphrase\n/);
    assert.ok(!refused.err.includes("sesame"), refused.err);
    assert.equal(
      registry.requestLines().some((line) => line === "PUT /v2/app/manifests/c"),
      false,
    );
    await sign(
      docker("app:1"),
      docker("app:c"),
      "--sign-by",
      other,
      "--sign-passphrase-file",
      cli.path("pass"),
    );
    const byOther = await cli.run(
      "--policy",
      policy({ keyPath: undefined, keyPaths: [cli.path("other.gpg")] }),
      NO_TLS,
      "copy",
      docker("app:c"),
      `dir:${cli.path("c")}`,
    );
    assert.equal(byOther.status, 0, byOther.err);
    const byMine = await ours("copy", docker("app:c"), `dir:${cli.path("d")}`);
    assert.match(
      byMine.err,
      /None of the signatures were accepted, reasons: .*which is none of those that are trusted/,
    );
  });

  it("go along with an index and all that is in it, each of which must be signed", async () => {
    const child = registry.storage.addImage("index", { tag: "1", layers: [Buffer.from("index")] });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const platform = { os: "linux", architecture: "amd64" };
    const entry = {
      mediaType: child.manifest.mediaType,
      digest: child.digest,
      size: child.bytes.length,
      platform,
    };
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [entry] }));
    registry.storage.addManifest("index", index, mediaType, "all");
    await sign(docker("index:all"), docker("index:both"), "--all");
    assert.equal(inLookaside("index").length, 2);
    await succeed("copy", "--all", docker("index:both"), `dir:${cli.path("strict")}`);
    const names = readdirSync(cli.path("strict")).filter((name) => name.includes("signature"));
    assert.deepEqual(names, [`${child.digest.slice(7)}-signature-1`, "signature-1"]);
    await succeed("--override-arch", "amd64", "copy", docker("index:both"), `dir:${cli.path("one")}`);
    rmSync(cli.path("sigstore", `index@${child.digest.replace(":", "=")}`), { recursive: true });
    const without = await ours("copy", "--all", docker("index:both"), `dir:${cli.path("two")}`);
    assert.match(without.err, /no signature exists/);
    assert.ok(!existsSync(cli.path("two")));
  });

  it("count for their own manifest and name, by keys in the policy itself too", async () => {
    const two = registry.storage.addImage("app", { tag: "2", layers: [Buffer.from("two")] });
    const identity = `${registry.host}/app:2`;
    await sign(docker("app:1"), `dir:${cli.path("strict")}`, "--sign-identity", identity);
    const place = cli.path("sigstore", `app@${two.digest.replace(":", "=")}`);
    mkdirSync(place, { recursive: true });
    copyFileSync(cli.path("strict/signature-1"), `${place}/signature-1`);
    const moved = await ours("copy", docker("app:2"), `dir:${cli.path("out")}`);
    assert.equal(moved.status, 1);
    assert.match(
      moved.err,
      /app:2: Signature for docker digest sha256:[a-f0-9]+ does not match \(signedBy in/,
    );
    const keys = { keyPath: undefined, keyData: gnupg.exported(mine).toString("base64") };
    for (const [signedIdentity, why] of [
      [{ type: "exactReference", dockerReference: identity }, undefined],
      [
        { type: "exactReference", dockerReference: `${registry.host}/app:1` },
        /Signature for identity .* is not accepted/,
      ],
      [{ type: "matchRepoDigestOrExact" }, /Signature for identity .* is not accepted/],
    ] as const) {
      const words = ["--policy", policy({ ...keys, signedIdentity }), "copy", "-q"];
      const { status, err } = await cli.run(
        ...words,
        `dir:${cli.path("strict")}`,
        `dir:${cli.path("copied")}`,
      );
      assert.equal(status, why === undefined ? 0 : 1, err);
      if (why !== undefined) assert.match(err, why);
    }
  });

  it("are kept by a copy that changes nothing, and forbid one that does", async () => {
    await sign(docker("app:1"), docker("app:s"));
    await succeed("copy", docker("app:s"), docker("copied:s"));
    assert.equal(inLookaside("copied").length, 1);
    const changing = ["copy", "--format", "v2s2", docker("app:s")];
    for (const [words, why] of [
      [[...changing, docker("changed:s")], /Would invalidate signatures/],
      [["copy", docker("app:s"), `oci:${cli.path("layout")}:s`], /Can not copy signatures/],
    ] as const)
      assert.match((await ours(...words, "--dry-run")).err, why);
    const refused = await ours(...changing, docker("changed:s"));
    assert.equal(refused.status, 1);
    assert.match(refused.err, /app:s is signed, and .*: Would invalidate signatures\n.*--remove-signatures/s);
    assert.deepEqual(
      registry.requestLines().filter((line) => /^P\w+ \/v2\/changed/.test(line)),
      [],
    );
    await succeed(...changing, "--remove-signatures", docker("changed:s"));
    const layout = await ours("copy", docker("app:s"), `oci:${cli.path("layout")}:s`);
    assert.match(layout.err, /Can not copy signatures to oci:.*\n.*--remove-signatures/);
    await succeed("copy", "--remove-signatures", docker("app:s"), `oci:${cli.path("layout")}:s`);
    await succeed("copy", docker("app:s"), `dir:${cli.path("folder")}`);
    await succeed("copy", `dir:${cli.path("folder")}`, docker("back:s"));
    assert.equal(inLookaside("back").length, 1);
  });

  it("are asked for by sync, which can make them too", async () => {
    await sign(docker("app:1"), docker("app:1"));
    const refused = await ours(
      "sync",
      "-s",
      "docker",
      "-d",
      "dir",
      docker("index").slice(9),
      cli.path("mirror"),
    );
    assert.match(refused.err, /no signature exists/);
    await succeed(
      "sync",
      "-s",
      "docker",
      "-d",
      "dir",
      "--include-tag",
      "^1$",
      docker("app").slice(9),
      cli.path("mirror"),
    );
    assert.ok(existsSync(cli.path("mirror/app:1/signature-1")));
    const words = ["-s", "docker", "-d", "docker", "--include-tag", "^1$", "--rename", "mirrored"];
    for (const _ of [1, 2])
      await succeed("sync", ...words, "--sign-by", mine, docker("app").slice(9), registry.host);
    assert.equal(inLookaside("mirrored").length, 2);
    await succeed("copy", docker("mirrored:1"), `dir:${cli.path("m")}`);
  });

  it("are read from a web server, whose staging folder is written, and refused when they are too big", async () => {
    lookaside(`lookaside-staging: file://${cli.path("sigstore")}`);
    await sign(docker("app:1"), docker("app:web"));
    await using web = await serveFolder(cli.path("sigstore"));
    lookaside(`sigstore: ${web.url}/`);
    await succeed("copy", docker("app:web"), `dir:${cli.path("web")}`);
    const unwritable = await cli.run(
      "--insecure-policy",
      NO_TLS,
      "copy",
      "--sign-by",
      mine,
      docker("app:1"),
      docker("app:no"),
    );
    assert.match(unwritable.err, /signatures cannot be written to http:.*\n.*lookaside-staging/);
    assert.deepEqual(
      web.asked,
      [1, 2].map((number) => `/${inLookaside("app")[0]?.replace(/\d+$/, "") ?? ""}${number}`),
    );
    writeFileSync(cli.path("sigstore", inLookaside("app")[0] ?? ""), Buffer.alloc(10_000_000, 0xa3));
    const big = await ours("copy", docker("app:web"), `dir:${cli.path("big")}`);
    assert.equal(big.status, 1);
    assert.match(big.err, /signature-1 is larger than the limit of 4194304 bytes/);
    assert.ok(!existsSync(cli.path("big")));
  });

  it("are asked for by what pulls, and made by what pushes out of the store", async () => {
    await sign(docker("app:1"), docker("app:1"));
    await succeed("copy", docker("app:1"), "containers-storage:localhost/app:1");
    const host = hostIn(cli.folder, { env: { ...cli.env, XDG_RUNTIME_DIR: cli.folder, TMPDIR: cli.folder } });
    const run = (program: Program, ...argv: readonly string[]) => runInProcess(argv, host, { program });
    mkdirSync(cli.path("etc/containers"), { recursive: true });
    renameSync(policy(), cli.path("etc/containers/policy.json"));
    const name = `${registry.host}/index:1`;
    for (const pulled of [
      await run(wherry, "pull", "-q", NO_TLS, name),
      await run(wherryBuild, "from", NO_TLS, name),
    ]) {
      assert.equal(pulled.status, 125);
      assert.match(pulled.err, /Source image rejected: .*no signature exists/);
    }
    const signing = [NO_TLS, "--sign-by", mine];
    const pushed = await run(
      wherry,
      "push",
      "-q",
      ...signing,
      "localhost/app:1",
      docker("pushed:1").slice(9),
    );
    assert.equal(pushed.status, 0, pushed.err);
    mkdirSync(cli.path("context"));
    writeFileSync(cli.path("context/Containerfile"), "FROM scratch\nCOPY Containerfile /\n");
    const built = (...argv: readonly string[]) => run(wherryBuild, ...argv, ...signing, "-q");
    const only = await built("build", "-t", "localhost/built", cli.path("context"));
    assert.match(only.err, /--sign-by signs what is written elsewhere/);
    const container = (await run(wherryBuild, "from", "scratch")).out.trim();
    for (const { status, err } of [
      await built("build", "-t", docker("pushed:built"), cli.path("context")),
      await built("commit", container, docker("pushed:committed")),
    ])
      assert.equal(status, 0, err);
    const listed = [
      await run(wherryBuild, "manifest", "create", "list", "localhost/app:1"),
      await run(wherryBuild, "manifest", "push", "-q", ...signing, "list", docker("pushed:list")),
    ];
    for (const { status, err } of listed) assert.equal(status, 0, err);
    for (const [tag, ...flags] of [["1"], ["built"], ["committed"], ["list", "--all"]])
      await succeed(
        "copy",
        ...flags,
        docker(`pushed:${tag ?? ""}`),
        `dir:${cli.path(`pushed-${tag ?? ""}`)}`,
      );
  });

  it("are made and checked without a registry", async () => {
    const manifest = cli.path("manifest.json");
    writeFileSync(manifest, await succeed("inspect", "--raw", docker("app:1")));
    const signature = cli.path("signature");
    await succeed("standalone-sign", "-o", signature, manifest, "r.io/app:1", mine);
    const words = ["standalone-verify", manifest, "r.io/app:1"];
    assert.match(
      await succeed(...words, mine, signature),
      new RegExp(`^Signature verified using fingerprint ${mine}, digest sha256:`),
    );
    await succeed(...words, "any", signature, "--public-key-file", cli.path("mine.gpg"));
    const wrong = [
      { argv: [...words, other, signature], why: /it is signed with key .*, not with/ },
      {
        argv: [...words, "any", signature, "--public-key-file", cli.path("other.gpg")],
        why: /none of those that are trusted/,
      },
      {
        argv: ["standalone-verify", manifest, "r.io/app:2", mine, signature],
        why: /"r\.io\/app:1" does not match "r\.io\/app:2"/,
      },
      {
        argv: ["standalone-verify", signature, "r.io/app:1", mine, signature],
        why: /the manifest has digest/,
      },
      { argv: [...words, "any", signature], why: /--public-key-file/ },
    ];
    for (const { argv, why } of wrong) {
      const { status, err } = await ours(...argv);
      assert.equal(status, 1);
      assert.match(err, why);
    }
    if (noSkopeo) return;
    await skopeo(...words, mine, signature);
    await skopeo("standalone-sign", "-o", signature, manifest, "r.io/app:1", mine);
    await succeed(...words, mine, signature);
  });

  it(`are skopeo's and ours alike${noSkopeo ? " (skipped: skopeo is not installed)" : ""}`, async function () {
    if (noSkopeo) this.skip();
    const noTls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    const strict = ["--policy", policy(), "copy", "--src-tls-verify=false"];
    await skopeo(
      "--insecure-policy",
      "copy",
      ...noTls,
      "--sign-by",
      mine,
      docker("app:1"),
      docker("theirs:1"),
    );
    await succeed("copy", docker("theirs:1"), `dir:${cli.path("strict")}`);
    await sign(docker("app:1"), docker("ours:1"));
    await skopeo(...strict, docker("ours:1"), `dir:${cli.path("ours")}`);
    await assert.rejects(
      skopeo(...strict, docker("app:1"), `dir:${cli.path("none")}`),
      /no signature exists/,
    );
    const named = ["--sign-identity", `${registry.host}/named:1`];
    await sign(docker("app:1"), `dir:${cli.path("named")}`, ...named);
    await skopeo(
      "--insecure-policy",
      "copy",
      "--dest-tls-verify=false",
      `dir:${cli.path("named")}`,
      docker("named:1"),
    );
    await skopeo(...strict, docker("named:1"), `dir:${cli.path("named2")}`);
    await succeed("copy", docker("named:1"), `dir:${cli.path("named3")}`);
  });
});

function digestIn(file: string): string {
  return /@(sha256=[a-f0-9]{64})/.exec(file)?.[1]?.replace("=", ":") ?? "";
}

/** The files of a folder, by HTTP, and what was asked for. */
async function serveFolder(folder: string) {
  const asked: string[] = [];
  const server: Server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const path = `${folder}${url}`;
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
