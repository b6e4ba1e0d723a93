import type { Readable } from "node:stream";
import type { Descriptor, Digest } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import type { ImageSource } from "@wherry/core/transport";
import { plainLayer, type BuiltLayer } from "../builder/image-draft.ts";
import type { StepResult } from "../builder/step-cache.ts";
import { packInputs } from "../builder/step-inputs.ts";
import { readCacheDocument, type RemoteLayer, type RemoteStep } from "./cache-document.ts";
import { RemoteLayerLost } from "./errors.ts";
import { fetchLayer } from "./fetch-layer.ts";

/** Where a cache is. */
export interface RemotePlace {
  /** For messages. */
  readonly name: string;
  /** Content comes out of it checked against its digest. */
  readonly open: () => Promise<ImageSource>;
}

export interface RemoteCacheOptions {
  readonly store: Store;
  /** Told, once for each, of places that cannot be read: a build goes on without them. */
  readonly warn: (text: string) => void;
  /** Results older than so many milliseconds are not used. */
  readonly ttlMs?: number;
}

interface OpenedPlace {
  readonly name: string;
  readonly source: ImageSource;
  readonly steps: ReadonlyMap<Digest, RemoteStep>;
  readonly leads: ReadonlyMap<Digest, Digest>;
}

interface PlacedLayer extends RemoteLayer {
  readonly place: OpenedPlace;
}

/**
 * Results of steps that are kept elsewhere. One request to each place tells all of them; a layer is fetched only when its
 * files are needed, checked against the digests of its blob and of its plain tar, and read through once.
 */
export class RemoteCache implements AsyncDisposable {
  readonly #places: RemotePlace[];
  readonly #options: RemoteCacheOptions;
  #opened: Promise<readonly OpenedPlace[]> | undefined;
  readonly #layers = new Map<Digest, PlacedLayer>();
  readonly #fetching = new Map<Digest, Promise<void>>();

  constructor(places: readonly RemotePlace[], options: RemoteCacheOptions) {
    this.#places = [...places];
    this.#options = options;
  }

  /** The result under the first of the keys that a place has; its layer may not be here yet, see `bring`. */
  async find(keys: readonly Digest[]): Promise<StepResult | undefined> {
    const places = await this.#open();
    for (const place of places) {
      for (const key of keys) {
        const foundAs = place.steps.has(key) ? key : (place.leads.get(key) ?? key);
        const step = place.steps.get(foundAs);
        if (step === undefined || this.#isTooOld(step)) continue;
        const { layer, date } = step;
        if (layer !== undefined && !this.#layers.has(layer.diffId))
          this.#layers.set(layer.diffId, { ...layer, place });
        return {
          date,
          foundAs,
          ...(layer === undefined ? {} : { layer: plainLayer(layer.diffId, layer.size) }),
        };
      }
    }
    return undefined;
  }

  /** Sees to it that those of the layers that came from a cache are here. @throws {RemoteLayerLost} */
  async bring(layers: readonly Pick<BuiltLayer, "diffId">[]): Promise<void> {
    await Promise.all(
      layers.map(({ diffId }) => {
        const layer = this.#layers.get(diffId);
        if (layer === undefined) return Promise.resolve();
        const fetching = this.#fetching.get(diffId) ?? this.#fetch(layer);
        this.#fetching.set(diffId, fetching);
        return fetching;
      }),
    );
  }

  /** The blob of a layer that a place has, and its content, for copying it on. */
  blobOf(diffId: Digest): { readonly blob: Descriptor; readonly read: () => Promise<Readable> } | undefined {
    const layer = this.#layers.get(diffId);
    if (layer === undefined) return undefined;
    const { blob, place } = layer;
    return { blob, read: () => place.source.readBlob(blob) };
  }

  /** When a place says that a step was made, in seconds. */
  async createdAt(key: Digest): Promise<number | undefined> {
    for (const { steps } of await this.#open()) {
      const step = steps.get(key);
      if (step !== undefined) return step.created;
    }
    return undefined;
  }

  /** Forgets a place that did not keep its word. */
  async drop(name: string): Promise<void> {
    const kept = (await this.#open()).filter((place) => place.name !== name);
    this.#opened = Promise.resolve(kept);
    this.#layers.clear();
    this.#fetching.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined); // who asked for it was told
    for (const { source } of opened ?? []) await source[Symbol.asyncDispose]();
  }

  #open(): Promise<readonly OpenedPlace[]> {
    this.#opened ??= Promise.all(this.#places.map((place) => this.#openPlace(place))).then((all) =>
      all.flatMap((place) => place ?? []),
    );
    return this.#opened;
  }

  async #openPlace({ name, open }: RemotePlace): Promise<OpenedPlace | undefined> {
    const source = await open();
    try {
      const { steps, leads } = readCacheDocument(await source.readManifest());
      return { name, source, leads, steps: new Map(steps.map((step) => [step.key, step])) };
    } catch (error) {
      await source[Symbol.asyncDispose]();
      this.#options.warn(`no cache from ${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #isTooOld({ created }: RemoteStep): boolean {
    const { ttlMs } = this.#options;
    return ttlMs !== undefined && Date.now() - created * 1000 > ttlMs;
  }

  async #fetch(layer: PlacedLayer): Promise<void> {
    const { place, diffId, size } = layer;
    const { store } = this.#options;
    if (store.blobs.hold(diffId)) return;
    try {
      await fetchLayer(store, place.source, layer);
    } catch (error) {
      throw new RemoteLayerLost(place.name, error);
    }
    // no key leads to it: what a cache elsewhere says counts only for builds that ask it
    const about = { text: `layer of ${place.name}`, place: place.name, size, milliseconds: 0 };
    store.buildCache.put(`remote-${place.name}-${diffId}`, { layer: { diffId, size }, date: 0 }, [diffId], {
      ...about,
      inputs: packInputs({}),
    });
  }
}
