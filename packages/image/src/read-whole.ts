import { FileSystemError } from "@wherry/core/error";
import { readLimited, TooLargeError } from "@wherry/core/io";

/** More than any manifest, signature or list of keys has. */
const LIMIT = 16 * 1024 * 1024;

/** The bytes of a file that the user named. @throws {FileSystemError | TooLargeError} */
export function readWhole(path: string): Buffer {
  try {
    return readLimited(path, LIMIT);
  } catch (error) {
    if (error instanceof TooLargeError) throw error;
    throw new FileSystemError("read", path, error);
  }
}
