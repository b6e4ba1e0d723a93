import { realpathSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "@wherry/core/error";

/** Where a path below a folder really is, links followed; undefined when that is outside of the folder, or nothing. */
export function realPathInside(root: string, path: string): string | undefined {
  try {
    const folder = realpathSync(root);
    const found = realpathSync(join(folder, path));
    return found === folder || found.startsWith(`${folder}/`) ? found : undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "")) return undefined;
    throw new FileSystemError("read", join(root, path), error);
  }
}
