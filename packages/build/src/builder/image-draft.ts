import {
  chainIdOf,
  digestOf,
  encodedOf,
  MEDIA_TYPE,
  type Descriptor,
  type Digest,
  type History,
  type ImageConfig,
  type Platform,
} from "@wherry/core/oci";
import type { DraftConfig } from "./image-config.ts";

/** A layer of an image that is built; `descriptor` names its blob. */
export interface BuiltLayer {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
}

/** An image while it is built: carried in memory from step to step, written once at the end. */
export class ImageDraft {
  readonly platform: Platform;
  layers: readonly BuiltLayer[] = [];
  config: DraftConfig = {};
  history: readonly History[] = [];
  author: string | undefined;
  /** Of the manifest that is written in the end. */
  annotations: Readonly<Record<string, string>> = {};
  /** Seconds: the newest of all that went in. No clock is read, so that a build gives the same image on another day. */
  date = 0;

  constructor(platform: Platform) {
    this.platform = platform;
  }

  /** Begins with an image that exists. */
  static from(config: ImageConfig, layers: readonly Descriptor[], platform: Platform): ImageDraft {
    const draft = new ImageDraft(platform);
    draft.layers = layers.map((descriptor, index) => {
      const diffId = config.rootfs.diff_ids[index];
      if (diffId === undefined) throw new Error("an image's config and manifest disagree");
      return { diffId, descriptor };
    });
    draft.config = { ...config.config };
    draft.history = config.history ?? [];
    draft.author = config.author;
    const created = Date.parse(config.created ?? "");
    draft.date = Number.isFinite(created) ? Math.floor(created / 1000) : 0;
    return draft;
  }

  /** A copy to go on with in another stage. */
  fork(): ImageDraft {
    const copy = new ImageDraft(this.platform);
    return Object.assign(copy, {
      layers: this.layers,
      config: { ...this.config },
      history: this.history,
      author: this.author,
      annotations: this.annotations,
      date: this.date,
    });
  }

  get diffIds(): readonly Digest[] {
    return this.layers.map(({ diffId }) => diffId);
  }

  /** Names the files of the image, whatever its config; "scratch" when there are none. */
  get contentId(): string {
    return chainIdOf(this.diffIds) ?? "scratch";
  }

  /** Notes a step, with the layer it made if it made one. @param date in seconds, when it was asked for one. */
  record(createdBy: string, layer?: BuiltLayer, date = this.date): void {
    if (layer !== undefined) this.layers = [...this.layers, layer];
    const entry = { created: isoOf(date), created_by: createdBy };
    this.history = [...this.history, layer === undefined ? { ...entry, empty_layer: true } : entry];
  }

  /** What stands for the image between two steps, where none is written: 64 hex digits. */
  get stepId(): string {
    return encodedOf(digestOf(JSON.stringify(this.toImageConfig())));
  }

  /** The config to write. @param date in seconds, when it was asked for one. */
  toImageConfig(date = this.date): ImageConfig {
    const { architecture, os, variant } = this.platform;
    return {
      created: isoOf(date),
      ...(this.author === undefined ? {} : { author: this.author }),
      architecture,
      os,
      ...(variant === undefined ? {} : { variant }),
      config: sortedConfig(this.config),
      rootfs: { type: "layers", diff_ids: this.diffIds },
      history: this.history,
    };
  }
}

/** A layer blob that is a plain tar, as those made here are: its digest is its diffID. */
export function plainLayer(diffId: Digest, size: number): BuiltLayer {
  return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
}

/** Seconds since the epoch as image-spec writes times. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** Maps with sorted keys and fields in a fixed order: what came first does not show in the digest. */
export function sortedConfig(config: DraftConfig): DraftConfig {
  const sorted = (record: Readonly<Record<string, object | string>>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Object.fromEntries(
    Object.entries(config)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [
        key,
        typeof value === "object" && !Array.isArray(value) && key !== "Healthcheck"
          ? sorted(value as Record<string, object>)
          : value,
      ]),
  );
}
