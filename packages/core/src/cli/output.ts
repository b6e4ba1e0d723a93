import { closeSync, openSync } from "node:fs";
import { Writable } from "node:stream";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { writeFully } from "../io/index.ts";

/** The reader of our standard output has gone: nothing is wrong, there is only nothing left to say. */
export class OutputClosedError extends Error {}

/**
 * Writes all of the text to a file descriptor before it returns. Cheaper than the streams of `process`, which
 * cost 3 ms to set up, and nothing is lost when the process ends.
 *
 * @throws {OutputClosedError} when the other end of the pipe is closed.
 * @throws {FileSystemError}
 */
export function writeAll(fd: number, text: string | Uint8Array): void {
  try {
    writeFully(fd, typeof text === "string" ? Buffer.from(text) : text);
  } catch (error) {
    if (errnoOf(error) === "EPIPE") throw new OutputClosedError("output closed", { cause: error });
    throw new FileSystemError("write", fd === 1 ? "standard output" : "standard error", error);
  }
}

/**
 * A stream into `write`. Of Node's own, those of `process` cost their set-up, and those of files give up on a full pipe: `pipeline`
 * makes standard output non-blocking by a look at it.
 */
export function streamInto(write: (chunk: Uint8Array) => void): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        write(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** Opens a file as standard output: a new descriptor is the lowest that is free. */
export function redirectOutput(path: string): void {
  const probe = openFor(path); // a file that cannot be written must not cost us the output
  closeSync(probe);
  closeSync(1);
  openFor(path);
}

function openFor(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}
