import { imageFilter } from "@wherry/core/cli";
import {
  listContainers,
  recordVolumeEvent,
  removeContainer,
  removeVolume,
  type ContainerHost,
} from "@wherry/core/container";
import { removeManifests, removeWorking, type Engine } from "@wherry/core/engine";
import { ImageInUseError, VolumeInUseError, type LayerWorker } from "@wherry/core/store";
import { dependantsFirst } from "../container/choose-containers.ts";
import { containerFilter } from "../container/container-filters.ts";
import { workingImage } from "../container/working-rows.ts";
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

export interface PruneImagesOptions extends PruneOptions {
  /** Those with names too. */
  readonly all: boolean;
  /** Those too that only working containers of wherry-build are made of, which go with them. */
  readonly external?: boolean;
}

/** Removes images without a name, or all, that no container uses; gives their IDs. */
export async function pruneImages(
  engine: Engine,
  { all, external = false, filters, now, onFailure }: PruneImagesOptions,
): Promise<string[]> {
  const { store } = engine;
  const working = Map.groupBy(store.working.list(), (record) => workingImage(record).id);
  const used = new Set([
    ...store.containers.list().map(({ imageId }) => imageId),
    ...(external ? [] : working.keys()),
  ]);
  const images = store.images.list();
  const fits = imageFilter(filters, { store, images, now });
  const unused = images.filter(
    (image) => !used.has(image.id) && (all || image.names.length === 0) && fits(image),
  );
  return removeEach(unused, onFailure, async ({ id, manifest }) => {
    for (const container of working.get(id) ?? []) await removeWorking(engine, container);
    working.delete(id);
    await removeManifests(engine, manifest.digest); // not by ID, which another one with a name may share
    return [id.replace("sha256:", "")];
  });
}

/** Removes the working containers of wherry-build; gives their IDs. */
export async function pruneWorking(
  engine: Engine,
  { onFailure }: Pick<PruneOptions, "onFailure">,
): Promise<string[]> {
  return removeEach(engine.store.working.list(), onFailure, async (container) => {
    await removeWorking(engine, container);
    return [container.id];
  });
}

/** Removes what the build cache keeps: results of steps, and cache mounts that no build uses; gives their keys. */
export async function pruneBuildCache({ store }: Engine, worker: LayerWorker): Promise<string[]> {
  const steps = store.buildCache.list().map(({ key }) => key);
  await store.buildCache.prune(worker);
  const mounts: string[] = [];
  for (const { key } of store.cacheMounts.list())
    if (await store.cacheMounts.remove(key, worker)) mounts.push(key);
  return [...steps, ...mounts];
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
