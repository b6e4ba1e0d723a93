import { writeFileSync } from "node:fs";
import { FileSystemError } from "@wherry/core/error";

/** Writes a file that the user named. @throws {FileSystemError} */
export function writeFile(path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}
