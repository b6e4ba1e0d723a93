import { randomUUID } from "node:crypto";
import type { Digest } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import { plainLayer, type BuiltLayer } from "./image-draft.ts";
import { differences, packInputs, summarise, unpackInputs } from "./step-inputs.ts";
import type { StepKey } from "./step-key.ts";

/** What a step gave. */
export interface StepResult {
  /** Undefined when it changed no file. */
  readonly layer?: BuiltLayer;
  /** Newest time of what went in, in seconds. */
  readonly date: number;
  /** The key it is kept under, where another led to it. */
  readonly foundAs?: Digest;
}

/** Which step it is, for people and to find what was there before. */
export interface StepMark {
  readonly text: string;
  readonly place: string;
}

/** An entry has a result, or leads to the one of the same content. */
type Entry =
  | { readonly same: Digest }
  | { readonly layer: { readonly diffId: Digest; readonly size: number } | null; readonly date: number };

export interface StepCacheOptions {
  /** Whether results are used again; without it they are only replaced (`--no-cache`). */
  readonly reads: boolean;
  /** Results older than so many milliseconds are not used (`--cache-ttl`). */
  readonly ttlMs?: number;
  /** Results are put apart, under keys of their own that it is told: a trial, for the caller to forget. */
  readonly onTrial?: (key: string) => void;
}

/** How many differences a reason names. */
const TOLD = 3;

/** Results of earlier steps, by key, in the store's own table: one read a step, never a scan of images. */
export class StepCache {
  readonly #store: Store;
  readonly #options: StepCacheOptions;
  readonly #used: string[] = [];

  constructor(store: Store, options: StepCacheOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** The result, when all of it is still there; it stays there until this process ends. */
  find(key: Digest): StepResult | undefined {
    if (!this.#options.reads) return undefined;
    const entry = this.#store.buildCache.get(key) as Entry | undefined;
    if (entry === undefined) return undefined;
    if ("same" in entry) return this.find(entry.same);
    if (this.#isTooOld(key)) return undefined;
    if (entry.layer !== null && !this.#store.blobs.hold(entry.layer.diffId)) return undefined;
    this.#used.push(key);
    return {
      ...{ date: entry.date, foundAs: key },
      ...(entry.layer === null ? {} : { layer: plainLayer(entry.layer.diffId, entry.layer.size) }),
    };
  }

  /** Keeps a result; it replaces an earlier one. */
  save(key: StepKey, { layer, date }: StepResult, mark: StepMark, milliseconds: number): void {
    const entry: Entry = {
      layer: layer === undefined ? null : { diffId: layer.diffId, size: layer.descriptor.size },
      date,
    };
    const size = layer?.descriptor.size ?? 0;
    const { onTrial } = this.#options;
    const name = onTrial === undefined ? key.digest : `trial-${randomUUID()}`;
    onTrial?.(name);
    this.#store.buildCache.put(name, entry, layer === undefined ? [] : [layer.diffId], {
      ...mark,
      ...{ size, milliseconds, inputs: packInputs(key.inputs) },
    });
  }

  /** Lets a key lead to another entry, because both stand for the same content. */
  lead(from: Digest, to: Digest): void {
    if (from !== to && this.#options.onTrial === undefined)
      this.#store.buildCache.put(from, { same: to } satisfies Entry);
  }

  /** Why a step that is not found was not: what differs from the nearest step that was done. */
  explain({ digest, inputs }: StepKey, mark: StepMark): string {
    if (!this.#options.reads) return "--no-cache was given";
    if (this.#isTooOld(digest)) return "its result is older than --cache-ttl allows";
    const now = summarise(inputs);
    const all = this.#store.buildCache
      .inputsOf(mark)
      .map((bytes) => differences(unpackInputs(bytes), now))
      .sort((a, b) => a.length - b.length);
    const [nearest] = all;
    if (nearest === undefined) return "it was never done before";
    if (nearest.length === 0) return "its result is not here any more";
    const more = nearest.length > TOLD ? ` and ${nearest.length - TOLD} more` : "";
    return nearest.slice(0, TOLD).join(", ") + more;
  }

  /** Tells the store which entries were of use, so that it keeps them longer. */
  noteUse(): void {
    if (this.#used.length > 0) this.#store.buildCache.touch(this.#used.splice(0));
  }

  #isTooOld(key: Digest): boolean {
    const { ttlMs } = this.#options;
    if (ttlMs === undefined) return false;
    const created = this.#store.buildCache.createdAt(key);
    return created !== undefined && Date.now() - created.getTime() > ttlMs;
  }
}
