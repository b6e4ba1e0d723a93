import type { Digest } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import { plainLayer, type BuiltLayer } from "./image-draft.ts";

/** What a step gave. */
export interface StepResult {
  /** Undefined when it changed no file. */
  readonly layer?: BuiltLayer;
  /** Newest time of what went in, in seconds. */
  readonly date: number;
}

interface Entry {
  readonly layer: { readonly diffId: Digest; readonly size: number } | null;
  readonly date: number;
}

/** Results of earlier steps, by key, in the store's own table: one read a step, never a scan of images. */
export class StepCache {
  readonly #store: Store;
  readonly #reads: boolean;
  readonly #used: string[] = [];

  /** @param reads whether results are used again; without it they are only replaced (`--no-cache`). */
  constructor(store: Store, { reads }: { reads: boolean }) {
    this.#store = store;
    this.#reads = reads;
  }

  /** The result, when all of it is still there; it stays there until this process ends. */
  find(key: Digest): StepResult | undefined {
    if (!this.#reads) return undefined;
    const entry = this.#store.buildCache.get(key) as Entry | undefined;
    if (entry === undefined) return undefined;
    if (entry.layer !== null && !this.#store.blobs.hold(entry.layer.diffId)) return undefined;
    this.#used.push(key);
    return {
      date: entry.date,
      ...(entry.layer === null ? {} : { layer: plainLayer(entry.layer.diffId, entry.layer.size) }),
    };
  }

  save(key: Digest, { layer, date }: StepResult): void {
    const entry: Entry = {
      layer: layer === undefined ? null : { diffId: layer.diffId, size: layer.descriptor.size },
      date,
    };
    this.#store.buildCache.put(key, entry, layer === undefined ? [] : [layer.diffId]);
  }

  /** Tells the store which entries were of use, so that it keeps them longer. */
  noteUse(): void {
    if (this.#used.length > 0) this.#store.buildCache.touch(this.#used.splice(0));
  }
}
