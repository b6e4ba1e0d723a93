import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for 127.0.0.1, ::1 and localhost, signed by itself; all PEM. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** What to trust so that the certificate is accepted. */
  readonly ca: string;
}

let made: TlsFiles | undefined;

/** Why no certificate can be made; undefined when it can. */
export function tlsMissing(): string | undefined {
  return spawnSync("openssl", ["version"]).status === 0 ? undefined : "the program openssl is not installed";
}

/** Makes a certificate with openssl, once for each process. */
export function makeTlsFiles(): TlsFiles {
  made ??= makeCertificate();
  return made;
}

function makeCertificate(): TlsFiles {
  const directory = mkdtempSync(join(tmpdir(), "wherry-tls-"));
  try {
    const key = join(directory, "key.pem");
    const cert = join(directory, "cert.pem");
    const names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1";
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = [
      "-subj",
      "/CN=wherry test",
      "-addext",
      names,
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      cert,
    ];
    const { status, stderr } = spawnSync("openssl", [...args, ...subject], { encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
    const pem = readFileSync(cert, "utf8");
    return { key: readFileSync(key, "utf8"), cert: pem, ca: pem };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
