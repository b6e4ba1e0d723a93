import { DiffIdMismatchError, type LayerWorker } from "@wherry/core/store";
import type { Build } from "./build.ts";
import type { BuiltLayer, ImageDraft } from "./image-draft.ts";

/** Sees to it that an image's layers are there as directories, and gives them, the lowest first. */
export async function unpackLayers(
  { layers }: Pick<ImageDraft, "layers">,
  build: Build,
  worker: LayerWorker,
): Promise<string[]> {
  await build.bring(layers);
  await Promise.all(layers.map((layer) => unpack(layer, build, worker)));
  return layers.map(({ diffId }) => build.tools.store.layers.path(diffId));
}

async function unpack(
  { diffId, descriptor }: BuiltLayer,
  { tools }: Build,
  worker: LayerWorker,
): Promise<void> {
  const { layers } = tools.store;
  if (layers.has(diffId)) return;
  const actual = await layers.unpack(descriptor, worker);
  if (actual !== diffId) throw new DiffIdMismatchError(descriptor.digest, diffId, actual);
}
