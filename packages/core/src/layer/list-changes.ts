import { lstatSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { systemPath } from "./path-bytes.ts";
import { loadSyscalls } from "./syscalls.ts";
import { UpperWalk } from "./upper-walk.ts";
import { OPAQUE_WHITEOUT, WHITEOUT_PREFIX } from "./whiteout.ts";

/** A path that a layer adds, changes or removes. */
export interface TreeChange {
  readonly kind: "A" | "C" | "D";
  /** Absolute, in the tree. */
  readonly path: string;
}

/**
 * What a directory in overlay's format changes of the layers below it.
 *
 * @param layers the lowest first
 */
export async function listChangesTask({
  upper,
  layers,
}: {
  readonly upper: string;
  readonly layers: readonly string[];
}): Promise<TreeChange[]> {
  const calls = await loadSyscalls();
  const below = [...layers].reverse();
  const changes: TreeChange[] = [];
  for (const { entry } of new UpperWalk(upper, calls, { root: false, times: undefined })) {
    const slash = entry.path.lastIndexOf("/") + 1;
    const name = entry.path.slice(slash);
    if (name === OPAQUE_WHITEOUT) continue;
    if (name.startsWith(WHITEOUT_PREFIX)) {
      const path = entry.path.slice(0, slash) + name.slice(WHITEOUT_PREFIX.length);
      if (isShown(below, path)) changes.push({ kind: "D", path: `/${path}` });
    } else {
      changes.push({ kind: isShown(below, entry.path) ? "C" : "A", path: `/${entry.path}` });
    }
  }
  return changes;
}

/** Whether the layers show something there. */
function isShown(layers: readonly string[], path: string): boolean {
  for (const layer of layers) {
    try {
      const stats = lstatSync(systemPath(`${layer}/${path}`));
      return !(stats.isCharacterDevice() && stats.rdev === 0);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    }
  }
  return false;
}
