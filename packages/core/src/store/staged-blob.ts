import { closeSync, existsSync, fdatasync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { FileSystemError } from "../error/index.ts";
import { makeDirectory, writeFully } from "../io/index.ts";
import { Digester, type Digest } from "../oci/index.ts";

const waitForDisk = promisify(fdatasync);

export interface StagedBlobOptions {
  /** The digest, when the bytes that come are already checked against it: they are not digested again. */
  readonly verifiedDigest?: Digest;
}

/** A blob being written. Until `finish` it is a file in the staging folder; abort it, or the store removes it later. */
export class StagedBlob implements Disposable {
  /** The file, for programs that write it themselves; then `publish` is told the digest. */
  readonly path: string;
  readonly fd: number;
  readonly #target: (digest: Digest) => string;
  readonly #digester: Digester | undefined;
  readonly #verifiedDigest: Digest | undefined;
  #size = 0;
  #isOpen = true;

  constructor(path: string, target: (digest: Digest) => string, { verifiedDigest }: StagedBlobOptions = {}) {
    this.path = path;
    this.#target = target;
    this.#verifiedDigest = verifiedDigest;
    if (verifiedDigest === undefined) this.#digester = new Digester();
    try {
      this.fd = openSync(path, "wx+", 0o644);
    } catch (error) {
      throw new FileSystemError("create", path, error);
    }
  }

  /** @throws {FileSystemError} such as when the disk is full */
  write(chunk: Uint8Array): void {
    this.#digester?.update(chunk);
    this.#size += chunk.length;
    try {
      writeFully(this.fd, chunk);
    } catch (error) {
      throw new FileSystemError("write", this.path, error);
    }
  }

  /** Waits for the disk and gives the blob its final name, at once for all readers. */
  async finish(): Promise<{ digest: Digest; size: number }> {
    const digest = this.#verifiedDigest ?? this.#digester?.digest();
    if (digest === undefined) throw new Error("a staged blob can be finished only once");
    await this.publish(digest);
    return { digest, size: this.#size };
  }

  /** As `finish`, for content written through `fd` whose digest the writer has computed. */
  async publish(digest: Digest): Promise<void> {
    const target = this.#target(digest);
    try {
      await waitForDisk(this.fd);
      this.#close();
      if (digest.startsWith("sha512:")) makeDirectory(dirname(target));
      renameSync(this.path, target);
    } catch (error) {
      this.abort();
      throw new FileSystemError("write", this.path, error);
    }
  }

  /** Removes the file; nothing of it stays. */
  abort(): void {
    this.#close();
    if (existsSync(this.path)) rmSync(this.path, { force: true });
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.abort();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }
}
