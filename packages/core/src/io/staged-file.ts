import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { randomHex } from "./random-hex.ts";
import { shortened, syncDirectory } from "./atomic-file.ts";
import { openInPlace, outputPlace } from "./output-place.ts";
import { writeFully } from "./write-fully.ts";

/**
 * A large file that appears under its name when it is whole. What a killed process left beside it is removed by the next
 * that writes the same file. Devices and pipes are written as they are. Close it with `using`: unpublished, it is gone.
 */
export class StagedFile implements Disposable {
  readonly #path: string;
  /** Undefined when `path` is written directly. */
  readonly #temporary: string | undefined;
  readonly #fd: number;
  readonly #close: () => void;
  #isOpen = true;

  private constructor(path: string, temporary: string | undefined, fd: number, close = () => closeSync(fd)) {
    this.#path = path;
    this.#temporary = temporary;
    this.#fd = fd;
    this.#close = close;
  }

  /** @throws {FileSystemError} */
  static open(path: string, mode = 0o644): StagedFile {
    try {
      const place = outputPlace(path);
      if (!place.isStaged) {
        const file = openInPlace(place);
        return new StagedFile(path, undefined, file.fd, () => file[Symbol.dispose]());
      }
      sweep(place.path);
      const temporary = join(dirname(place.path), `${prefixFor(place.path)}${process.pid}.${randomHex(4)}`);
      return new StagedFile(place.path, temporary, openSync(temporary, "wx", mode));
    } catch (error) {
      throw new FileSystemError("open", path, error);
    }
  }

  /** Writes to it; ended or destroyed, it is not closed. A stream of Node's own would close it when its source fails. */
  stream(): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        try {
          writeFully(this.#fd, chunk);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
    });
  }

  /** Gives it its name, once the disk has it. @throws {FileSystemError} */
  publish(): void {
    try {
      if (this.#temporary === undefined) return;
      fsyncSync(this.#fd);
      renameSync(this.#temporary, this.#path);
      syncDirectory(dirname(this.#path));
    } catch (error) {
      throw new FileSystemError("write", this.#path, error);
    } finally {
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#close();
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }
}

function prefixFor(path: string): string {
  return `.${shortened(basename(path))}.part.`;
}

/** Removes the parts of processes that have ended. */
function sweep(path: string): void {
  const prefix = prefixFor(path);
  for (const name of readdirSync(dirname(path))) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : 0;
    if (pid > 0 && !isThere(pid)) rmSync(join(dirname(path), name), { force: true });
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}
