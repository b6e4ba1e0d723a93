import { rmSync, statSync } from "node:fs";
import type { Digest } from "../oci/index.ts";
import type { StateDatabase } from "./database.ts";
import { NoWorkerError } from "./errors.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";
import { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";
import { listOrphans } from "./staging.ts";

export interface SweepParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly pins: Pins;
}

/** What was removed, and how many bytes of blobs that freed. */
export interface Swept {
  readonly deleted: readonly Digest[];
  readonly freed: number;
}

/**
 * Removes those of the blobs and layers that no image refers to and no running process has pinned. Build cache entries
 * that need them are forgotten. One transaction decides and unlinks, so that nobody can begin to use them meanwhile.
 *
 * @param worker empties layers that hold files of subordinate users; without it they wait in the staging folder
 */
export async function sweep(
  parts: SweepParts,
  candidates: readonly Digest[],
  worker?: LayerWorker,
): Promise<Swept> {
  const { paths, database, pins } = parts;
  const deleted = new Set<Digest>();
  const trash: string[] = [];
  let freed = 0;
  const remove = (): void => {
    const pinned = pins.held({ forgetDead: true });
    for (const digest of new Set(candidates)) {
      if (pinned.has(digest) || isReferred(database, digest)) continue;
      forget(database, digest);
      freed += unlinkBlob(paths.blob(digest));
      const tree = moveToTrash(paths.layer(digest), paths.staging);
      if (tree !== undefined) trash.push(tree);
      deleted.add(digest);
    }
  };
  database.write(remove, { frees: true });
  if (worker !== undefined) trash.push(...listOrphans(paths.staging));
  await emptyTrash(trash, worker);
  return { deleted: [...deleted], freed };
}

async function emptyTrash(trees: readonly string[], worker: LayerWorker | undefined): Promise<void> {
  for (const tree of trees) {
    try {
      await removeTree(tree, worker);
    } catch (error) {
      if (!(error instanceof NoWorkerError)) throw error; // the next program that has a worker empties it
    }
  }
}

function unlinkBlob(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  rmSync(path, { force: true });
  return size;
}

/** Tables that say what keeps a blob or layer, besides the build cache. */
export const REFERRING = ["image_refs", "working_refs", "list_refs"] as const;

function isReferred(database: StateDatabase, digest: Digest): boolean {
  return REFERRING.some(
    (table) => database.get(`SELECT 1 FROM ${table} WHERE digest = ? LIMIT 1`, digest) !== undefined,
  );
}

function forget(database: StateDatabase, digest: Digest): void {
  database.run(
    "DELETE FROM build_cache WHERE key IN (SELECT key FROM build_cache_refs WHERE digest = ?)",
    digest,
  );
  database.run("DELETE FROM layer_blobs WHERE digest = ? OR diff_id = ?", digest, digest);
  database.run("DELETE FROM layers WHERE diff_id = ?", digest);
}
