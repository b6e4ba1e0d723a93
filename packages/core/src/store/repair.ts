import { existsSync, renameSync, rmSync } from "node:fs";
import { parseManifest, type Digest, type ImageIndex } from "../oci/index.ts";
import { parseReference, type Reference } from "../reference/index.ts";
import { checkStore, isDamage, type CheckOptions, type Problem } from "./check.ts";
import { BlobMissingError, ImageInUseError, ImageNotFoundError, UnsuitableImageError } from "./errors.ts";
import { REF_NAME, readIndex, writeIndex } from "./index-projection.ts";
import { removeTree, type LayerWorker } from "./remove-tree.ts";
import type { StoreParts } from "./store-parts.ts";
import { sweep } from "./sweep.ts";
import { VolumeInUseError } from "./volume-errors.ts";

export interface RepairOptions extends CheckOptions {
  readonly worker?: LayerWorker;
}

/** What is nobody's, and may be somebody's data: it is only told. */
const KEPT: ReadonlySet<Problem["kind"]> = new Set(["unknown-file", "folder-without-volume"]);

/** What `repairStore` found, and what of it is still so. */
export interface Repaired {
  readonly found: readonly Problem[];
  readonly remaining: readonly Problem[];
}

/**
 * Puts the store in order: what no one uses is removed, damaged blobs go, and with them the images that cannot work without;
 * index.json is written anew, or a lost database from it. Images that containers are made of are kept and reported.
 */
export async function repairStore(store: StoreParts, options: RepairOptions = {}): Promise<Repaired> {
  const found = await checkStore(store, options);
  if (found.some(({ kind }) => kind === "database-damaged")) setDatabaseAside(store);
  if (found.some(({ kind }) => kind === "database-damaged" || kind === "database-lost")) importIndex(store);
  for (const problem of found) await repair(problem, store, options.worker);
  await sweepUnused(store, options);
  store.database.write(() => {
    writeIndex(store.database, store.paths.index, true);
  });
  const remaining = await checkStore(store, options);
  return {
    found,
    remaining: remaining.filter((problem) => isDamage(problem) || KEPT.has(problem.kind)),
  };
}

async function repair(problem: Problem, store: StoreParts, worker: LayerWorker | undefined): Promise<void> {
  switch (problem.kind) {
    case "blob-damaged":
    case "blob-missing":
      rmSync(store.blobs.path(problem.digest), { force: true });
      for (const id of problem.images) await removeUnlessUsed(store, id, worker);
      break;
    case "container-without-folder":
      await store.containers.remove(problem.id, worker);
      break;
    case "folder-without-container":
      await removeFolder(store, problem.path, worker);
      break;
    case "volume-without-folder":
      await removeVolumeUnlessUsed(store, problem.name, worker);
      break;
    case "secret-without-data":
      store.secrets.remove(problem.id);
      break;
    case "secret-unused":
      rmSync(problem.path, { force: true });
      break;
    case "staging-orphan":
      await removeTree(problem.path, worker);
      break;
    default: // the sweep and the new index.json see to the others
  }
}

async function removeUnlessUsed(
  store: StoreParts,
  id: Digest,
  worker: LayerWorker | undefined,
): Promise<void> {
  try {
    await store.images.remove(id, worker);
  } catch (error) {
    if (!(error instanceof ImageInUseError || error instanceof ImageNotFoundError)) throw error;
  }
}

async function removeVolumeUnlessUsed(
  store: StoreParts,
  name: string,
  worker: LayerWorker | undefined,
): Promise<void> {
  try {
    await store.volumes.remove(name, worker);
  } catch (error) {
    if (!(error instanceof VolumeInUseError)) throw error;
  }
}

/** The container may have been added since the check. */
async function removeFolder(store: StoreParts, path: string, worker: LayerWorker | undefined): Promise<void> {
  const id = path.slice(path.lastIndexOf("/") + 1);
  if (path === store.working.directory(id)) {
    if (store.working.find(id)?.id !== id) await store.working.remove(id, worker);
    return;
  }
  if (store.containers.find(id)?.id === id) return;
  await store.containers.remove(id, worker);
}

async function sweepUnused(
  store: StoreParts,
  { unusedForMs = 0, worker }: Pick<RepairOptions, "unusedForMs" | "worker">,
): Promise<void> {
  const unused = (await checkStore(store, { unusedForMs })).flatMap((problem) =>
    problem.kind === "blob-unused" || problem.kind === "layer-unused" ? [problem.digest] : [],
  );
  if (unused.length > 0) await sweep(store, unused, worker);
}

/** A database that SQLite cannot read is kept beside, for who wants to look into it. */
function setDatabaseAside(store: StoreParts): void {
  const { database } = store.paths;
  store.database[Symbol.dispose]();
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(database + suffix)) renameSync(database + suffix, `${database}.damaged${suffix}`);
  }
}

/** The names as index.json has them, for the images whose blobs are all here. */
function importIndex(store: StoreParts): void {
  const text = readIndex(store.paths.index);
  if (text === undefined) return;
  const manifest = parseManifest(Buffer.from(text), "application/vnd.oci.image.index.v1+json");
  for (const descriptor of (manifest.content as ImageIndex).manifests) {
    const name = descriptor.annotations?.[REF_NAME];
    const names: Reference[] = name === undefined ? [] : [parseReference(name)];
    try {
      store.images.put(descriptor, names);
    } catch (error) {
      if (!(error instanceof BlobMissingError || error instanceof UnsuitableImageError)) throw error;
    }
  }
}
