import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "@wherry/core/error";
import { NoLayoutError } from "../errors.ts";

/** The OCI layouts at a folder and below it, no link followed. @throws {NoLayoutError | FileSystemError} */
export function layoutsBelow(folder: string): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    const isLayout = existsSync(join(path, "oci-layout"));
    if (isLayout) found.push(path);
    for (const entry of entriesOf(path))
      if (entry.isDirectory() && !entry.name.startsWith(".") && !(isLayout && entry.name === "blobs"))
        visit(join(path, entry.name));
  };
  visit(folder);
  if (found.length === 0) throw new NoLayoutError(folder);
  return found;
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}
