import { imageFilter } from "@wherry/core/cli";
import {
  listContainers,
  recordVolumeEvent,
  removeContainer,
  removeVolume,
  type ContainerHost,
} from "@wherry/core/container";
import { removeManifests, type Engine } from "@wherry/core/engine";
import { ImageInUseError, VolumeInUseError } from "@wherry/core/store";
import { dependantsFirst } from "../container/choose-containers.ts";
import { containerFilter } from "../container/container-filters.ts";
import { volumeFilter } from "../volume/volume-filters.ts";

export interface PruneOptions {
  readonly filters: readonly string[];
  readonly now: Date;
  /** Told of what could not be removed; the rest goes on. */
  readonly onFailure: (error: unknown) => void;
}

/** Removes the containers that do not run; gives their IDs. */
export async function pruneContainers(
  host: ContainerHost,
  { filters, now, onFailure }: PruneOptions,
): Promise<string[]> {
  const listed = listContainers(host);
  const fits = containerFilter(filters, { listed, now });
  const idle = listed.filter((each) => ["created", "exited"].includes(each.state.status) && fits(each));
  return removeEach(dependantsFirst(idle), onFailure, async ({ container }) => {
    await removeContainer(host, container, { volumes: true });
    return [container.id];
  });
}

/** Removes the volumes that no container mounts; gives their names. */
export async function pruneVolumes(
  host: ContainerHost,
  { filters, now, onFailure }: PruneOptions,
): Promise<string[]> {
  const fits = volumeFilter(filters, host.store, now);
  return removeEach(host.store.volumes.list().filter(fits), onFailure, async ({ name }) => {
    await removeVolume(host, name);
    recordVolumeEvent(host, name, "prune");
    return [name];
  });
}

/** Removes images without a name, or all that no container uses; gives their IDs. */
export async function pruneImages(
  engine: Engine,
  { all, filters, now, onFailure }: PruneOptions & { readonly all: boolean },
): Promise<string[]> {
  const { store } = engine;
  const used = new Set(store.containers.list().map(({ imageId }) => imageId));
  const images = store.images.list();
  const fits = imageFilter(filters, { store, images, now });
  const unused = images.filter(
    (image) => !used.has(image.id) && (all || image.names.length === 0) && fits(image),
  );
  return removeEach(unused, onFailure, async ({ id, manifest }) => {
    await removeManifests(engine, manifest.digest); // not by ID, which another one with a name may share
    return [id.replace("sha256:", "")];
  });
}

async function removeEach<T>(
  items: readonly T[],
  onFailure: (error: unknown) => void,
  remove: (item: T) => Promise<string[]>,
): Promise<string[]> {
  const removed: string[] = [];
  for (const item of items) {
    try {
      removed.push(...(await remove(item)));
    } catch (error) {
      if (!(error instanceof VolumeInUseError || error instanceof ImageInUseError)) onFailure(error);
    }
  }
  return removed;
}
