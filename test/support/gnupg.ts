import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why tests with real keys cannot run here: the end of a title, or "". */
export const noGnupg =
  spawnSync("gpg", ["--version"]).error === undefined &&
  spawnSync("gpgconf", ["--version"]).error === undefined
    ? ""
    : " (skipped: gpg is not installed)";

/** Long past, and an hour later: for keys that have expired since, and what they signed. */
const THEN = "20200101T000000!";
const SOON_AFTER = "20200101T010000!";

/** GnuPG with a home of its own, and keys that are thrown away. Its agent ends with it. */
export class TestGnupg implements Disposable {
  /** For `GNUPGHOME`; its path is short, since the agent's socket is in it. */
  readonly home = mkdtempSync(join(tmpdir(), "wg-"));

  /** Runs gpg; what it writes to its standard output. */
  run(args: readonly string[], input: Uint8Array | string = ""): Buffer {
    const { status, stdout, stderr } = spawnSync(
      "gpg",
      ["--homedir", this.home, "--batch", "--no-tty", "--quiet", ...args],
      { input, timeout: 30_000, maxBuffer: 32 * 1024 * 1024 },
    );
    if (status !== 0) throw new Error(`gpg ${args.join(" ")}: ${stderr.toString()}`);
    return stdout;
  }

  /** Makes a key that signs. Returns its fingerprint. */
  makeKey(
    mail: string,
    {
      passphrase = "",
      isExpired = false,
    }: { readonly passphrase?: string; readonly isExpired?: boolean } = {},
  ): string {
    const past = isExpired ? ["--faked-system-time", THEN] : [];
    const pass = ["--pinentry-mode", "loopback", "--passphrase", passphrase];
    this.run([...past, ...pass, "--quick-generate-key", mail, "ed25519", "sign", isExpired ? "1d" : "never"]);
    const listed = this.run(["--with-colons", "--list-keys", `=${mail}`]).toString();
    return /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? "";
  }

  /** The public keys with these fingerprints, as `keyPath` of a policy has them. */
  exported(...fingerprints: readonly string[]): Buffer {
    return this.run(["--export", ...fingerprints]);
  }

  /** Signs any content as an image's signature is signed, or otherwise. */
  sign(content: Uint8Array | string, fingerprint: string, ...how: readonly string[]): Buffer {
    return this.run(["--local-user", fingerprint, ...(how.length === 0 ? ["--sign"] : how)], content);
  }

  /** The same, at the time when expired keys were valid. */
  signThen(content: Uint8Array | string, fingerprint: string): Buffer {
    return this.sign(content, fingerprint, "--faked-system-time", SOON_AFTER, "--sign");
  }

  [Symbol.dispose](): void {
    spawnSync("gpgconf", ["--homedir", this.home, "--kill", "all"], { timeout: 10_000 });
    rmSync(this.home, { recursive: true, force: true });
  }
}
