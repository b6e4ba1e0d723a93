import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { errnoOf } from "../error/index.ts";

const PIECE = 65_536;

/** A file that others append to, and replace by a new one when it is large. It need not be there yet. */
export class GrowingFile implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  /** Where to read on. */
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The file as it is open; undefined when there is none. */
  get fd(): number | undefined {
    return (this.#fd ??= openIfThere(this.#path));
  }

  /** Whether another file has taken the place of the one that is open. */
  get isReplaced(): boolean {
    if (this.#fd === undefined) return false;
    const there = statSync(this.#path, { throwIfNoEntry: false });
    return there !== undefined && there.ino !== fstatSync(this.#fd).ino;
  }

  /** Reads on from there. */
  seek(position: number): void {
    this.#position = position;
  }

  /** What has come since. A piece is valid until the next is asked for. */
  *pieces(): Generator<Buffer> {
    const { fd } = this;
    if (fd === undefined) return;
    const buffer = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const size = readSync(fd, buffer, 0, PIECE, this.#position);
      if (size === 0) return;
      this.#position += size;
      yield buffer.subarray(0, size);
    }
  }

  /** Lets go of the file; what is read next is the beginning of the one that is there then. */
  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#position = 0;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
