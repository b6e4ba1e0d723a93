import { rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lookasideFor, type Lookasides } from "../../config/index.ts";
import { makeDirectory, writeFileAtomically } from "../../io/index.ts";
import { algorithmOf, encodedOf, type Digest } from "../../oci/index.ts";
import { dockerScopes } from "../../policy/index.ts";
import type { Reference } from "../../reference/index.ts";
import { InvalidLookasideError, LookasideReadOnlyError } from "../errors.ts";
import { readNumbered } from "../numbered-signatures.ts";
import { readSmallFile } from "../small-file.ts";

/** Gives a small file of a web server; undefined when it is not there. */
export type ReadSideFile = (url: URL, limit: number) => Promise<Buffer | undefined>;

/**
 * Signatures of a repository's images, kept beside the registry as containers-registries.d(5) says:
 * `BASE/REPOSITORY@ALGORITHM=HEX/signature-N`, counted from 1 without a gap.
 */
export class Lookaside {
  readonly #base: URL;
  readonly #readSideFile: ReadSideFile | undefined;

  /** @throws {InvalidLookasideError} */
  constructor(
    lookasides: Lookasides,
    reference: Reference,
    use: "read" | "write",
    readSideFile?: ReadSideFile,
  ) {
    this.#base = baseOf(lookasideFor(lookasides, dockerScopes(reference), use), reference.repository);
    this.#readSideFile = readSideFile;
  }

  /** False for a folder that does not exist. */
  mayHaveAny(): boolean {
    if (this.#base.protocol !== "file:") return true;
    return statSync(dirname(fileURLToPath(this.#base)), { throwIfNoEntry: false })?.isDirectory() === true;
  }

  /** @throws {TooLargeError | FileSystemError | RegistryError} */
  read(digest: Digest): Promise<Buffer[]> {
    return readNumbered(async (number, limit) => {
      const url = this.#urlOf(digest, number);
      if (url.protocol === "file:") return readSmallFile(fileURLToPath(url), limit);
      return await this.#readSideFile?.(url, limit);
    }, digest);
  }

  /** @throws {LookasideReadOnlyError} */
  checkWritable(): void {
    if (this.#base.protocol !== "file:") throw new LookasideReadOnlyError(withoutLogin(this.#base));
  }

  /** @throws {LookasideReadOnlyError | FileSystemError} */
  write(digest: Digest, signatures: readonly Buffer[]): void {
    this.checkWritable();
    const folder = dirname(fileURLToPath(this.#urlOf(digest, 1)));
    makeDirectory(folder, 0o755);
    for (const [index, signature] of signatures.entries())
      writeFileAtomically(join(folder, `signature-${index + 1}`), signature);
    for (let number = signatures.length + 1; ; number++) {
      const surplus = join(folder, `signature-${number}`);
      if (statSync(surplus, { throwIfNoEntry: false }) === undefined) break;
      rmSync(surplus, { force: true });
    }
  }

  #urlOf(digest: Digest, number: number): URL {
    const url = new URL(this.#base);
    url.pathname += `@${algorithmOf(digest)}=${encodedOf(digest)}/signature-${number}`;
    return url;
  }
}

function baseOf(text: string, repository: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new InvalidLookasideError(text, "it is no URL");
  if (!["file:", "http:", "https:"].includes(url.protocol))
    throw new InvalidLookasideError(withoutLogin(url), "only file, http and https are read");
  if (url.protocol === "file:" && url.host !== "")
    throw new InvalidLookasideError(text, "a file URL begins with file:///");
  if (url.username !== "" || url.password !== "")
    throw new InvalidLookasideError(withoutLogin(url), "a login in it is not used");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${repository}`;
  return url;
}

function withoutLogin({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}
