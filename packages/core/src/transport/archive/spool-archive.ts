import { createWriteStream, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FileSystemError } from "../../error/index.ts";
import { makeDirectory, randomHex } from "../../io/index.ts";

/** An archive that came through a pipe, as a file. Disposing removes it. */
export interface SpooledArchive extends Disposable {
  readonly path: string;
}

/**
 * Copies an archive that comes through a pipe, such as standard input, into a file that can be read at any place.
 *
 * @throws {FileSystemError}
 */
export async function spoolArchive(content: Readable, temporaryDirectory: string): Promise<SpooledArchive> {
  makeDirectory(temporaryDirectory);
  const path = join(temporaryDirectory, `archive-${process.pid}-${randomHex(6)}`);
  try {
    await pipeline(content, createWriteStream(path, { mode: 0o600, flags: "wx" }));
  } catch (error) {
    rmSync(path, { force: true });
    throw new FileSystemError("write", path, error);
  }
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { force: true });
    },
  };
}
