import { readdirSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";

/** The names in a folder; none when it does not exist. */
export function readNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw new FileSystemError("read", path, error);
  }
}
