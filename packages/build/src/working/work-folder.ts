import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { WrittenTar } from "@wherry/core/layer";
import { DiffIdMismatchError, removeTree, type LayerWorker, type Store } from "@wherry/core/store";
import { plainLayer, type BuiltLayer } from "../builder/image-draft.ts";
import { stagingName } from "../builder/spool.ts";

/** Folder in which one command changes files, removed whatever happens. */
export class WorkFolder implements AsyncDisposable {
  readonly upper: string;
  readonly work: string;
  readonly #path: string;
  readonly #worker: LayerWorker;

  constructor(store: Store, worker: LayerWorker) {
    this.#path = stagingName(store.paths.staging, "layer");
    this.#worker = worker;
    this.upper = join(this.#path, "upper");
    this.work = join(this.#path, "work");
    makeUpper(this.upper);
    mkdirSync(this.work, { mode: 0o700 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.#path, this.#worker);
  }
}

/** An empty upper directory: the container's root, whatever the umask is. */
export function makeUpper(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  chmodSync(path, 0o755);
}

/** A layer that was written of an upper directory, which is still there. */
export interface WrittenLayer {
  readonly layer: BuiltLayer;
  /** Makes the directory the unpacked layer: it is moved away. */
  readonly adopt: () => Promise<void>;
}

/** Writes an upper directory as a layer. Undefined when nothing was changed. */
export async function layerOf(
  store: Store,
  upper: string,
  worker: LayerWorker,
): Promise<WrittenLayer | undefined> {
  using staged = store.blobs.stage();
  const { diffId, size, entries } = await worker.call<WrittenTar>("diffLayer", {
    upper,
    output: staged.path,
  });
  if (entries === 0) return undefined;
  await staged.publish(diffId);
  return {
    layer: plainLayer(diffId, size),
    adopt: () => store.layers.adopt(diffId, upper, worker, { size, entries }),
  };
}

/** Sees to it that layers are there as directories; gives these, the lowest first. */
export async function unpackAll(
  store: Store,
  layers: readonly BuiltLayer[],
  worker: LayerWorker,
): Promise<string[]> {
  await Promise.all(
    layers.map(async ({ diffId, descriptor }) => {
      if (store.layers.has(diffId)) return;
      const actual = await store.layers.unpack(descriptor, worker);
      if (actual !== diffId) throw new DiffIdMismatchError(descriptor.digest, diffId, actual);
    }),
  );
  return layers.map(({ diffId }) => store.layers.path(diffId));
}
