import { mkdtempSync, openSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { makeDirectory } from "./atomic-file.ts";
import { randomHex } from "./random-hex.ts";

const HINT = "set TMPDIR to a folder that you may write into";

/**
 * Makes a folder with a new name in the one for temporary files, where the user may have named one that is not there.
 *
 * @param prefix of its name
 * @throws {FileSystemError}
 */
export function makeTemporaryFolder(parent: string, prefix: string): string {
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (error) {
    throw new FileSystemError("make a temporary folder in", parent, error, { hint: HINT });
  }
}

/**
 * Makes a file with a new name in the folder for temporary files, which is made if missing; it is open for reading and writing.
 *
 * @param prefix of its name
 * @throws {FileSystemError}
 */
export function openTemporaryFile(
  folder: string,
  prefix: string,
): { readonly fd: number; readonly path: string } {
  makeDirectory(folder);
  const path = join(folder, `${prefix}${process.pid}-${randomHex(6)}`);
  try {
    return { fd: openSync(path, "wx+", 0o600), path };
  } catch (error) {
    throw new FileSystemError("make a temporary file in", folder, error, { hint: HINT });
  }
}
