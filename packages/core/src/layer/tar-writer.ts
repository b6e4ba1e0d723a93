import { closeSync, openSync, readSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Digest } from "../oci/index.ts";
import { FileChangedError } from "./errors.ts";
import { systemPath } from "./path-bytes.ts";
import { BLOCK_SIZE, paddingOf, type TarEntry } from "./tar-entry.ts";
import { formatHeader } from "./tar-format.ts";
import { TarOutput } from "./tar-output.ts";

/** Content of an entry: bytes, an open file descriptor (read from where it stands), the path of a file, or pieces. */
export type TarContent = Uint8Array | number | { readonly path: string } | AsyncIterable<Uint8Array>;

/** A whole tar archive. */
export interface WrittenTar {
  /** Of the uncompressed bytes: a layer's diffID. */
  readonly diffId: Digest;
  /** In bytes. */
  readonly size: number;
  readonly entries: number;
}

/**
 * Writes a tar archive into a file descriptor or a stream, one entry after the other. Equal entries give equal bytes:
 * ustar headers, PAX only where needed, no names of owners, nothing of this machine. Holds no more than a buffer.
 *
 * Await each `add` before the next. The target is neither ended nor closed.
 */
export class TarWriter {
  readonly #output: TarOutput;
  #entries = 0;

  constructor(target: number | Writable) {
    this.#output = new TarOutput(target);
  }

  /**
   * Adds an entry; only files have content, of exactly `entry.size` bytes.
   *
   * @throws {InvalidTarError} when no header can describe the entry.
   * @throws {FileChangedError} when the content is shorter than the entry says; a longer file is cut there.
   */
  async add(entry: TarEntry, content: TarContent = new Uint8Array()): Promise<void> {
    this.#entries++;
    await this.#output.write(formatHeader(entry));
    if (entry.type !== "file") return;
    await this.#addContent(entry, content);
    await this.#output.zeros(paddingOf(entry.size));
  }

  /** Ends the archive. */
  async finish(): Promise<WrittenTar> {
    await this.#output.zeros(2 * BLOCK_SIZE);
    const { digest, size } = await this.#output.finish();
    return { diffId: digest, size, entries: this.#entries };
  }

  async #addContent(entry: TarEntry, content: TarContent): Promise<void> {
    if (typeof content === "number") await this.#addFile(entry, content);
    else if (content instanceof Uint8Array) {
      if (content.length !== entry.size) throw new FileChangedError(entry.path, entry.size, content.length);
      await this.#output.write(content);
    } else if ("path" in content) {
      if (entry.size === 0) return;
      const fd = openSync(systemPath(content.path), "r");
      try {
        await this.#addFile(entry, fd);
      } finally {
        closeSync(fd);
      }
    } else await this.#addPieces(entry, content);
  }

  async #addFile(entry: TarEntry, fd: number): Promise<void> {
    for (let left = entry.size; left > 0;) {
      const space = this.#output.space(left);
      const size = readSync(fd, space, 0, space.length, null);
      if (size === 0) throw new FileChangedError(entry.path, entry.size, entry.size - left);
      left -= size;
      const flushed = this.#output.advance(size);
      if (flushed !== undefined) await flushed;
    }
  }

  async #addPieces(entry: TarEntry, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    let size = 0;
    for await (const piece of pieces) {
      size += piece.length;
      if (size > entry.size) throw new FileChangedError(entry.path, entry.size, size);
      await this.#output.write(piece);
    }
    if (size !== entry.size) throw new FileChangedError(entry.path, entry.size, size);
  }
}
