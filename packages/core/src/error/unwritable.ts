import { errnoOf, FileSystemError } from "./system-error.ts";

const UNWRITABLE = ["ENOENT", "ENOSPC", "EDQUOT", "EROFS", "EACCES"];

/** Whether a file could not be written for want of room, rights or a folder: no failure of what is only written to be of use later. */
export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.includes(errnoOf(error instanceof FileSystemError ? error.cause : error) ?? "");
}
