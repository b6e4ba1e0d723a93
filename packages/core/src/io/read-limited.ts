import { closeSync, openSync, readSync } from "node:fs";
import { TooLargeError } from "./errors.ts";

const PIECE = 64 * 1024;

/**
 * All bytes of a small file. No more is read than shows that it is too large, whatever the system says of its size: a pipe or a
 * device may go on for ever. What else is wrong with it is thrown as the system says it.
 *
 * @param limit in bytes
 * @throws {TooLargeError}
 */
export function readLimited(path: string, limit: number): Buffer {
  const pieces: Buffer[] = [];
  let size = 0;
  const fd = openSync(path, "r");
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE);
      const length = readSync(fd, piece);
      if (length === 0) return Buffer.concat(pieces, size);
      size += length;
      if (size > limit) throw new TooLargeError(path, limit);
      pieces.push(piece.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}
