import { hash } from "node:crypto";
import { join } from "node:path";
import { makeDirectory, readKept, writeFileAtomically } from "@wherry/core/io";
import { checkChecksum, download, downloadIfChanged, type Download, type Validators } from "./download.ts";
import { StepProblem } from "./errors.ts";

/** A file from the network whose digest is known; it is not fetched where nobody needs its content. */
export interface RemoteFile extends Disposable {
  /** sha256 in hex. */
  readonly digest: string;
  /** The content; fetched once. */
  open(): Promise<Download>;
}

export interface RemoteFileOptions {
  /** `sha256:HEX` that it must have. */
  readonly checksum?: string | undefined;
  /** Folder for the content. */
  readonly temporary: string;
  /** Folder that keeps what servers said of their files. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/** What is kept of a URL. The URL itself is not: it may have a token in it. */
interface Known extends Validators {
  readonly digest: string;
}

/**
 * Finds out what is at a URL: by the checksum that is given, else by asking the server whether it is still what it was at the last
 * build, else by fetching it.
 *
 * @throws {StepProblem}
 */
export async function openRemoteFile(url: string, options: RemoteFileOptions): Promise<RemoteFile> {
  const { checksum, temporary, cacheDir, signal } = options;
  const common = { temporary, ...(signal === undefined ? {} : { signal }) };
  if (checksum !== undefined) {
    checkChecksum(checksum);
    return lazyFile(checksum.slice("sha256:".length), () => download(url, { ...common, checksum }));
  }
  const record = join(cacheDir, "downloads", `${hash("sha256", url)}.json`);
  const known = readKnown(record);
  const fetched = await downloadIfChanged(url, known ?? {}, common);
  if (fetched !== undefined) {
    const { digest, validators } = fetched;
    const known: Known = { digest, ...validators };
    makeDirectory(join(cacheDir, "downloads"));
    writeFileAtomically(record, JSON.stringify(known), { sync: false });
    return {
      digest,
      open: () => Promise.resolve(fetched),
      [Symbol.dispose]: () => fetched[Symbol.dispose](),
    };
  }
  if (known === undefined) throw new StepProblem(`${url}: the server says "not modified" to a first request`);
  return lazyFile(known.digest, async () => {
    const again = await download(url, common);
    if (again.digest === known.digest) return again;
    again[Symbol.dispose]();
    throw new StepProblem(`${url} changed, and the server had said that it did not`);
  });
}

function lazyFile(digest: string, fetch: () => Promise<Download>): RemoteFile {
  let fetching: Promise<Download> | undefined;
  return {
    digest,
    open: () => (fetching ??= fetch()),
    [Symbol.dispose]: () =>
      void fetching?.then(
        (fetched) => fetched[Symbol.dispose](),
        () => undefined,
      ),
  };
}

function readKnown(path: string): Known | undefined {
  const kept = readKept(path);
  if (typeof kept !== "object" || kept === null) return undefined;
  const { digest, etag, lastModified } = kept as Partial<Record<string, unknown>>;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  return {
    digest,
    ...(typeof etag === "string" ? { etag } : {}),
    ...(typeof lastModified === "string" ? { lastModified } : {}),
  };
}
