import { Readable } from "node:stream";
import { isDigest, type Descriptor, type Digest, type Manifest } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import type { ImageSource } from "@wherry/core/transport";
import { plainLayer } from "../builder/image-draft.ts";
import type { StepResult } from "../builder/step-cache.ts";
import { EMPTY_CONFIG, writeCacheDocument, type CacheDocument, type RemoteStep } from "./cache-document.ts";
import type { RemoteCache } from "./remote-cache.ts";

/** The results of a build by their keys: what `--cache-to` writes. */
export class RecordedSteps {
  readonly #results = new Map<Digest, StepResult>();
  readonly #leads = new Map<Digest, Digest>();

  /** @param lead a cheaper key for the same */
  add(key: Digest, result: StepResult, lead?: Digest): void {
    this.#results.set(key, result);
    if (lead !== undefined && lead !== key) this.#leads.set(lead, key);
  }

  /**
   * The cache of the steps.
   *
   * @param only layers by diffID (`mode=min`): steps that gave another are left out
   */
  async document(
    { store, remote }: { store: Store; remote?: RemoteCache | undefined },
    only?: ReadonlySet<Digest>,
  ): Promise<CacheDocument> {
    const steps: RemoteStep[] = [];
    for (const [key, { layer, date }] of this.#results) {
      if (only !== undefined && layer !== undefined && !only.has(layer.diffId)) continue;
      const made = store.buildCache.createdAt(key)?.getTime();
      const created = made === undefined ? await remote?.createdAt(key) : Math.floor(made / 1000);
      steps.push({
        ...{ key, date, created: created ?? 0 },
        ...(layer === undefined
          ? {}
          : { layer: { diffId: layer.diffId, size: layer.descriptor.size, blob: layer.descriptor } }),
      });
    }
    const kept = new Set(steps.map(({ key }) => key));
    return { steps, leads: new Map([...this.#leads].filter(([, to]) => kept.has(to))) };
  }
}

/** All that a store's own cache knows, as one for another place. */
export function storedDocument({ buildCache, blobs }: Store): CacheDocument {
  const steps = buildCache.list().flatMap(({ key, entry, created }): RemoteStep[] => {
    const { layer, date } = entry as { layer: { diffId: Digest; size: number } | null; date: number };
    if (!isDigest(key) || (layer !== null && !blobs.hold(layer.diffId))) return [];
    const about = { key, date, created: Math.floor(created.getTime() / 1000) };
    if (layer === null) return [about];
    const { diffId, size } = layer;
    return [{ ...about, layer: { diffId, size, blob: plainLayer(diffId, size).descriptor } }];
  });
  const kept = new Set<string>(steps.map(({ key }) => key));
  return { steps, leads: new Map(buildCache.leads().filter(([, to]) => kept.has(to))) };
}

/** A cache as something to copy: its layers are the store's, or are still where they came from. */
export function cacheSource(document: CacheDocument, store: Store, remote?: RemoteCache): ImageSource {
  const elsewhere = new Map<Digest, () => Promise<Readable>>();
  const steps = document.steps.map((step): RemoteStep => {
    if (step.layer === undefined || store.blobs.hold(step.layer.diffId)) return step;
    const there = remote?.blobOf(step.layer.diffId);
    if (there === undefined) return step;
    elsewhere.set(there.blob.digest, there.read);
    return { ...step, layer: { ...step.layer, blob: there.blob } };
  });
  const manifest = writeCacheDocument({ ...document, steps });
  return {
    readManifest: (): Promise<Manifest> => Promise.resolve(manifest),
    readBlob: async ({ digest }: Descriptor): Promise<Readable> =>
      digest === EMPTY_CONFIG.digest
        ? Readable.from([EMPTY_CONFIG.bytes])
        : await (elsewhere.get(digest)?.() ?? Promise.resolve(store.blobs.read(digest))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
