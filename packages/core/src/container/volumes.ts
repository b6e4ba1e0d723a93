import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory } from "../io/index.ts";
import { removeTree, type LayerWorker, type Store } from "../store/index.ts";

/** The folder that is mounted for a volume, as podman lays volumes out. */
export function volumePath(store: Store, name: string): string {
  return join(store.paths.volumes, name, "_data");
}

/** Makes a volume where it is missing. */
export function ensureVolume(store: Store, name: string): void {
  makeDirectory(volumePath(store, name), 0o755);
}

/** A name for a volume that nobody named: as podman's, 64 hex digits. */
export function newVolumeName(): string {
  return randomBytes(32).toString("hex");
}

/** Whether nothing was ever put into a volume: then it takes over what the image has at that place. */
export function isEmptyVolume(store: Store, name: string): boolean {
  try {
    return readdirSync(volumePath(store, name)).length === 0;
  } catch (error) {
    if (errnoOf(error) === "EACCES") return false; // it belongs to a user of some container already
    throw error;
  }
}

/** Removes a volume with all that is in it. An absent one is fine. */
export async function removeVolume(store: Store, name: string, worker?: LayerWorker): Promise<void> {
  await removeTree(join(store.paths.volumes, name), worker);
}
