import { readdirSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { randomHex } from "../io/index.ts";
import type { ContainerHost } from "./host.ts";
import type { Store, VolumeRecord } from "../store/index.ts";

/** What is asked of a new volume. */
export type VolumeOptions = Partial<Omit<VolumeRecord, "created" | "isFresh">>;

/** A new volume's record: podman's defaults for what is not asked. */
export function newVolume(options: VolumeOptions, now: Date): VolumeRecord {
  return {
    name: newVolumeName(),
    options: {},
    labels: {},
    uid: 0,
    gid: 0,
    isAnonymous: false,
    ...options,
    created: now.toISOString(),
    isFresh: true,
  };
}

/** The folder that is mounted for a volume, as podman lays volumes out. */
export function volumePath(store: Store, name: string): string {
  return store.volumes.path(name);
}

/** A name for a volume that nobody named: as podman's, 64 hex digits. */
export function newVolumeName(): string {
  return randomHex(32);
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

/** Writes down what happened to a volume. */
export function recordVolumeEvent(
  { store, now }: Pick<ContainerHost, "store" | "now">,
  name: string,
  status: "create" | "prune" | "remove",
): void {
  store.events.record({ type: "volume", status, name }, now());
}
