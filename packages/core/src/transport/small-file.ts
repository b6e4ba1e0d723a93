import { readFileSync, statSync } from "node:fs";
import { errnoOf, FileSystemError, WherryError } from "../error/index.ts";
import { TooLargeError } from "../io/index.ts";
import { InvalidLayoutError } from "./errors.ts";

/**
 * A file that must fit in memory; undefined when it does not exist.
 *
 * @throws {TooLargeError | InvalidLayoutError | FileSystemError}
 */
export function readSmallFile(path: string, limit: number): Buffer | undefined {
  try {
    const there = statSync(path);
    if (there.size > limit) throw new TooLargeError(path, limit);
    // A pipe or a device in someone else's folder would have us wait, or read, for ever.
    if (!there.isFile() && !there.isDirectory()) throw new InvalidLayoutError(path, "is no file");
    return readFileSync(path);
  } catch (error) {
    if (error instanceof WherryError) throw error;
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw new FileSystemError("read", path, error);
  }
}
