import { readdirSync, readFileSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { containersFolders, type Environment } from "./environment.ts";
import { IncompleteCertificateError } from "./errors.ts";

/** TLS files for one registry, as PEM. */
export interface RegistryCertificates {
  /** Authorities to trust besides the system's. */
  readonly ca: readonly string[];
  /** What we show, with its key. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * The certificates for a registry, from the first of ~/.config/containers/certs.d, /etc/containers/certs.d and
 * /etc/docker/certs.d that has a folder of its name (containers-certs.d(5)). The port is part of the name.
 *
 * @param folder takes the place of the search: `--cert-dir`.
 * @throws {IncompleteCertificateError} for a certificate without a key or a key without a certificate.
 */
export function certificatesFor(
  environment: Environment,
  registry: string,
  folder?: string,
): RegistryCertificates {
  const { user, etc } = containersFolders(environment);
  const docker = `${environment.etc ?? "/etc"}/docker`;
  const folders =
    folder === undefined ? [user, etc, docker].map((base) => `${base}/certs.d/${registry}`) : [folder];
  for (const candidate of folders) {
    const names = namesIn(candidate);
    if (names !== undefined) return readFolder(candidate, names);
  }
  return { ca: [] };
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const errno = errnoOf(error);
    // a folder of another user, or of root, may be closed to us: then it is not meant for us
    if (errno === "ENOENT" || errno === "ENOTDIR" || errno === "EACCES") return undefined;
    throw new FileSystemError("read directory", folder, error);
  }
}

function readFolder(folder: string, names: readonly string[]): RegistryCertificates {
  const ca = names.filter((name) => name.endsWith(".crt")).map((name) => readText(`${folder}/${name}`));
  for (const name of names) {
    const [, base, kind] = /^(.*)\.(cert|key)$/.exec(name) ?? [];
    if (base === undefined) continue;
    const partner = `${base}.${kind === "cert" ? "key" : "cert"}`;
    if (!names.includes(partner))
      throw new IncompleteCertificateError(`${folder}/${name}`, `${folder}/${partner}`);
  }
  const pair = names.find((name) => name.endsWith(".cert"))?.slice(0, -".cert".length);
  if (pair === undefined) return { ca };
  return { ca, cert: readText(`${folder}/${pair}.cert`), key: readText(`${folder}/${pair}.key`) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}
