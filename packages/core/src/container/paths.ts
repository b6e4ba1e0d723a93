import { join } from "node:path";
import type { ContainerHost } from "./host.ts";

/** Where the files of one container are. */
export interface ContainerPaths {
  /** In the store: what has to last. */
  readonly directory: string;
  readonly upper: string;
  readonly work: string;
  readonly links: string;
  /** The lowest layer: places for what is mounted. */
  readonly skeleton: string;
  /** Where the layers are mounted, seen only in the monitor's mount namespace. */
  readonly rootfs: string;
  /** Overlays over what is mounted, and images. */
  readonly mounts: string;
  /** The container's secrets by their IDs. */
  readonly secrets: string;
  readonly log: string;
  /** Exit status, written by the monitor. */
  readonly exit: string;
  /** In the runtime directory, gone after a restart of the host: config.json, sockets, fifos. */
  readonly bundle: string;
}

/** The paths of a container; nothing need exist yet. */
export function containerPaths(
  { store, runtimeDir }: Pick<ContainerHost, "store" | "runtimeDir">,
  id: string,
): ContainerPaths {
  const directory = store.containers.directory(id);
  return {
    directory,
    upper: join(directory, "upper"),
    work: join(directory, "work"),
    links: join(directory, "l"),
    skeleton: join(directory, "skeleton"),
    rootfs: join(directory, "merged"),
    mounts: join(directory, "mounts"),
    secrets: join(directory, "secrets"),
    log: join(directory, "ctr.log"),
    exit: join(directory, id),
    bundle: join(runtimeDir, "c", id.slice(0, 32)),
  };
}
