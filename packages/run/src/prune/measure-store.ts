import { existsSync } from "node:fs";
import { join } from "node:path";
import { listContainers, type ListedContainer } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import type { StoredImage } from "@wherry/core/store";

/** Bytes that something takes, and whether it is in use. */
export interface Measured {
  readonly name: string;
  readonly size: number;
  /** Bytes of which no other image has a part. */
  readonly unique: number;
  readonly isActive: boolean;
  readonly containers: number;
}

export interface MeasuredImage extends Measured {
  readonly image: StoredImage;
}

export interface MeasuredContainer extends Measured {
  readonly listed: ListedContainer;
}

export interface StoreMeasure {
  readonly images: readonly MeasuredImage[];
  readonly containers: readonly MeasuredContainer[];
  readonly volumes: readonly Measured[];
  /** What all images take together. */
  readonly imagesSize: number;
  /** Everything in the store's folder. */
  readonly total: number;
}

/** How much room the store takes on the disk: every blob, layer, container and volume, and what nobody knows. */
export async function measureStore(engine: Engine): Promise<StoreMeasure> {
  const { store } = engine;
  const worker = await engine.worker();
  const sizeOf = async (path: string): Promise<number> =>
    existsSync(path) ? (await worker.call<{ size: number }>("treeSize", { path })).size : 0;
  const host = containerHost(engine);
  const containers: MeasuredContainer[] = [];
  for (const listed of listContainers(host)) {
    const { id, name } = listed.container;
    const size = await sizeOf(store.containers.directory(id));
    const isActive = listed.state.status === "running" || listed.state.status === "starting";
    containers.push({ name, size, unique: size, isActive, containers: 0, listed });
  }
  const volumes: Measured[] = [];
  for (const { name } of store.volumes.list()) {
    const size = await sizeOf(store.volumes.path(name));
    const users = store.volumes.users(name).length;
    volumes.push({ name, size, unique: size, isActive: users > 0, containers: users });
  }
  const { images, imagesSize } = await measureImages(engine, sizeOf);
  return { images, containers, volumes, imagesSize, total: await sizeOf(store.root) };
}

async function measureImages(
  { store }: Engine,
  sizeOf: (path: string) => Promise<number>,
): Promise<{ images: MeasuredImage[]; imagesSize: number }> {
  const refs = store.images.list().map((image) => {
    const { config, layers } = store.images.readManifest(image).content;
    const blobs = [image.manifest.digest, config.digest, ...layers.map(({ digest }) => digest)];
    return { image, digests: [...new Set([...blobs, ...image.diffIds])] };
  });
  const sizes = new Map<string, number>();
  const uses = new Map<string, number>();
  for (const { digests } of refs)
    for (const digest of digests) {
      uses.set(digest, (uses.get(digest) ?? 0) + 1);
      if (sizes.has(digest)) continue;
      const layer = store.layers.has(digest) ? await sizeOf(join(store.layers.path(digest), "..")) : 0;
      sizes.set(digest, (store.blobs.sizeOf(digest) ?? 0) + layer);
    }
  const sum = (digests: readonly string[]): number =>
    digests.reduce((total, digest) => total + (sizes.get(digest) ?? 0), 0);
  const users = store.containers.list();
  const images = refs.map(({ image, digests }) => {
    const containers = users.filter(({ imageId }) => imageId === image.id).length;
    return {
      image,
      name: image.names[0] ?? image.id.replace("sha256:", "").slice(0, 12),
      size: sum(digests),
      unique: sum(digests.filter((digest) => uses.get(digest) === 1)),
      isActive: containers > 0,
      containers,
    };
  });
  return { images, imagesSize: sum([...sizes.keys()]) };
}
