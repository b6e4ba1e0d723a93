import { readSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { endAtSignals } from "./end-at-signals.ts";
import { sleepSync } from "./sleep-sync.ts";

const PIECE = 64 * 1024;
const WAIT_MS = 5;

/**
 * All of standard input, waited for: also where a process before us has made it non-blocking, as an interpreter that shares the
 * pipe or terminal with us does.
 *
 * @throws {FileSystemError}
 */
export function readStandardInput(): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const size = endAtSignals(() => readPiece(piece));
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, size));
  }
}

function readPiece(piece: Buffer): number {
  for (;;) {
    try {
      return readSync(0, piece);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw new FileSystemError("read", "standard input", error);
      sleepSync(WAIT_MS);
    }
  }
}
