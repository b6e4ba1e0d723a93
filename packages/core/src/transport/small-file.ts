import { readFileSync, statSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { TooLargeError } from "../io/index.ts";

/**
 * A file that must fit in memory; undefined when it does not exist.
 *
 * @throws {TooLargeError | FileSystemError}
 */
export function readSmallFile(path: string, limit: number): Buffer | undefined {
  try {
    if (statSync(path).size > limit) throw new TooLargeError(path, limit);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof TooLargeError) throw error;
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw new FileSystemError("read", path, error);
  }
}
