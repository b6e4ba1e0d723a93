import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { Compression } from "../oci/index.ts";
import { FileSystemError } from "../error/index.ts";
import { decompressedPieces, detectCompression } from "./compression.ts";
import { DamagedCompressionError } from "./errors.ts";

const READ_SIZE = 1024 * 1024;
/** Plain blobs are read without waiting; after so many bytes other work of the process gets its turn. */
const TURN = 32 * READ_SIZE;

/**
 * Gives the uncompressed bytes of a layer blob piece by piece; each piece is valid during the call. A promise that comes
 * back is awaited before the next.
 *
 * @throws {FileSystemError | DamagedCompressionError}
 */
export async function readBlob(
  path: string,
  compression: Compression,
  onPiece: (piece: Buffer) => void | Promise<void>,
): Promise<void> {
  if (compression === "none") {
    await readPlain(path, onPiece);
    return;
  }
  for await (const piece of openBlob(path, compression)) {
    const wait = onPiece(piece);
    if (wait !== undefined) await wait;
  }
}

/** The uncompressed bytes of a layer blob, as a loop. */
export async function* openBlob(path: string, compression: Compression): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_SIZE });
  file.once("error", () => undefined);
  try {
    yield* decompressedPieces(file, compression);
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? new FileSystemError("read", path, error) : error;
  }
}

/** How a blob is compressed, by its first bytes. @throws {FileSystemError} @throws {DamagedCompressionError} for bzip2 and xz. */
export function detectBlobCompression(path: string): Compression {
  const head = Buffer.alloc(6);
  withFile(path, (fd) => readSync(fd, head));
  const compression = detectCompression(head);
  if (compression === "bzip2" || compression === "xz") {
    throw new DamagedCompressionError(compression, "layers may be plain, gzip or zstd");
  }
  return compression;
}

async function readPlain(path: string, onPiece: (piece: Buffer) => void | Promise<void>): Promise<void> {
  const fd = open(path);
  try {
    const buffer = Buffer.allocUnsafe(READ_SIZE);
    for (let turn = 0; ; turn += READ_SIZE) {
      const size = readSync(fd, buffer);
      if (size === 0) return;
      const wait = onPiece(buffer.subarray(0, size));
      if (wait !== undefined) await wait;
      if (turn >= TURN) {
        turn = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } finally {
    closeSync(fd);
  }
}

function withFile<Result>(path: string, use: (fd: number) => Result): Result {
  const fd = open(path);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}
