import { closeSync, mkdirSync, openSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "@wherry/core/error";
import { randomHex, writeFully } from "@wherry/core/io";
import { identify } from "@wherry/core/process";

/** Bytes that are needed again in another order, kept in a file without a name: it goes away with this process. */
export class Spool implements Disposable {
  readonly fd: number;
  #size = 0;

  /** @param directory where there is room: the store's staging folder. */
  constructor(directory: string) {
    const path = stagingName(directory, "blob");
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.fd = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    } catch (error) {
      throw new FileSystemError("create", path, error);
    }
  }

  get size(): number {
    return this.#size;
  }

  write(piece: Uint8Array): void {
    try {
      writeFully(this.fd, piece);
    } catch (error) {
      throw new FileSystemError("write", "temporary file", error);
    }
    this.#size += piece.length;
  }

  async writeAll(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of pieces) this.write(piece);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** A new name in the store's staging folder, of the form by which the store finds what dead processes left there. */
export function stagingName(directory: string, kind: "blob" | "layer"): string {
  const { pid, startTime } = identify(process.pid) ?? { pid: process.pid, startTime: "0" };
  return join(directory, `${kind}-${pid}-${startTime}-${randomHex(6)}`);
}

const PIECE = 256 * 1024;

/** Bytes of an open file from one place on, whatever else is read from it meanwhile; to its end without a size. */
export function* readRange(fd: number, offset: number, size = Infinity): Generator<Uint8Array> {
  for (let at = 0; at < size;) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE, size - at));
    const length = readSync(fd, piece, 0, piece.length, offset + at);
    if (length === 0 && size === Infinity) return;
    if (length === 0) throw new Error("a file ended before its time");
    at += length;
    yield piece.subarray(0, length);
  }
}
