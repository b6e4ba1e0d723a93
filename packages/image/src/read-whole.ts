import { readFileSync, statSync } from "node:fs";
import { FileSystemError } from "@wherry/core/error";
import { TooLargeError } from "@wherry/core/io";

/** More than any manifest, signature or list of keys has. */
const LIMIT = 16 * 1024 * 1024;

/** The bytes of a file that the user named. @throws {FileSystemError | TooLargeError} */
export function readWhole(path: string): Buffer {
  try {
    if (statSync(path).size <= LIMIT) return readFileSync(path);
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  throw new TooLargeError(path, LIMIT);
}
