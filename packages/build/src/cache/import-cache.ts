import type { Store } from "@wherry/core/store";
import type { ImageSource } from "@wherry/core/transport";
import { packInputs } from "../builder/step-inputs.ts";
import { readCacheDocument } from "./cache-document.ts";
import { fetchLayer } from "./fetch-layer.ts";

/** How many layers are fetched at a time. */
const JOBS = 4;

/**
 * Puts the steps of a cache elsewhere into the store's own, with their layers. Gives their number.
 *
 * @param name of the place, for people
 * @throws {CacheDocumentError | DigestMismatchError}
 */
export async function importCache(store: Store, source: ImageSource, name: string): Promise<number> {
  const { steps, leads } = readCacheDocument(await source.readManifest());
  const waiting = new Map(steps.flatMap(({ layer }) => (layer === undefined ? [] : [[layer.diffId, layer]])));
  const layers = [...waiting.values()];
  const work = async (): Promise<void> => {
    for (let layer = layers.shift(); layer !== undefined; layer = layers.shift())
      await fetchLayer(store, source, layer);
  };
  await Promise.all(Array.from({ length: JOBS }, work));
  const about = { text: `step of ${name}`, place: name, milliseconds: 0, inputs: packInputs({}) };
  for (const { key, layer, date } of steps) {
    const entry = { layer: layer === undefined ? null : { diffId: layer.diffId, size: layer.size }, date };
    const refers = layer === undefined ? [] : [layer.diffId];
    store.buildCache.put(key, entry, refers, { ...about, size: layer?.size ?? 0 });
  }
  for (const [from, to] of leads) store.buildCache.put(from, { same: to });
  return steps.length;
}
