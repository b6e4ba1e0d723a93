import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { TooLargeError, verified, verifyBytes } from "../io/index.ts";
import { isDigest, type Descriptor, type Digest } from "../oci/index.ts";
import { BlobMissingError } from "./errors.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";
import { StagedBlob, type StagedBlobOptions } from "./staged-blob.ts";
import { readNames, stagingPath } from "./staging.ts";

const READ_CHUNK = 256 * 1024;
const BYTES_LIMIT = 8 * 1024 * 1024;

/** The content-addressed files of the store (image-spec image-layout.md "blobs"). */
export class BlobStore {
  readonly #paths: StorePaths;
  readonly #pins: Pins;
  readonly #prepare: () => void;

  constructor(paths: StorePaths, pins: Pins, prepare: () => void) {
    this.#paths = paths;
    this.#pins = pins;
    this.#prepare = prepare;
  }

  has(digest: Digest): boolean {
    return existsSync(this.path(digest));
  }

  /** Whether the blob is here, and if so keeps it from being removed until this process ends or its image is put. */
  hold(digest: Digest): boolean {
    if (!this.has(digest)) return false;
    this.#prepare();
    this.#pins.add([digest]);
    return this.has(digest);
  }

  /** Where the blob is, or would be. */
  path(digest: Digest): string {
    return this.#paths.blob(digest);
  }

  /** Bytes of the blob; undefined when it is not here. */
  sizeOf(digest: Digest): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  /** The blob as a stream, not checked again. */
  read(digest: Digest): Readable {
    if (!this.has(digest)) throw new BlobMissingError(digest, "the image");
    return createReadStream(this.path(digest), { highWaterMark: READ_CHUNK });
  }

  /**
   * A small blob as bytes, checked against its digest.
   *
   * @throws {BlobMissingError | TooLargeError | DigestMismatchError}
   */
  readBytes(digest: Digest, limit: number = BYTES_LIMIT): Buffer {
    const size = this.sizeOf(digest);
    if (size === undefined) throw new BlobMissingError(digest, "the image");
    if (size > limit) throw new TooLargeError(`blob ${digest}`, limit);
    const bytes = this.#readFile(digest);
    verifyBytes(bytes, { digest, size });
    return bytes;
  }

  /** Writes a blob, checked while it comes; two writers of one blob do not disturb each other. It is pinned for this process. */
  async write(blob: Pick<Descriptor, "digest" | "size">, content: Readable): Promise<void> {
    const source = verified(content, blob);
    using staged = this.stage({ verifiedDigest: blob.digest });
    this.#pins.add([blob.digest]);
    for await (const chunk of source as AsyncIterable<Uint8Array>) staged.write(chunk);
    await staged.finish();
  }

  /** Writes bytes held in memory; gives their digest. */
  async writeBytes(bytes: Uint8Array): Promise<{ digest: Digest; size: number }> {
    using staged = this.stage();
    staged.write(bytes);
    return await staged.finish();
  }

  /** Starts a blob whose digest is not known yet. */
  stage(options: StagedBlobOptions = {}): StagedBlob {
    this.#prepare();
    const target = (digest: Digest): string => {
      this.#pins.add([digest]);
      return this.path(digest);
    };
    return new StagedBlob(stagingPath(this.#paths.staging, "blob"), target, options);
  }

  /** The digests of all blobs, sorted. */
  list(): Digest[] {
    return (["sha256", "sha512"] as const).flatMap((algorithm) =>
      readNames(join(this.#paths.blobs, algorithm))
        .map((encoded) => `${algorithm}:${encoded}`)
        .filter(isDigest),
    );
  }

  #readFile(digest: Digest): Buffer {
    try {
      return readFileSync(this.path(digest));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw new BlobMissingError(digest, "the image");
      throw new FileSystemError("read", this.path(digest), error);
    }
  }
}
