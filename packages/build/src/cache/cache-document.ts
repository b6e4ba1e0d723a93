import {
  createManifest,
  digestOf,
  isDigest,
  MEDIA_TYPE,
  type Descriptor,
  type Digest,
  type Manifest,
} from "@wherry/core/oci";
import { CacheDocumentError } from "./errors.ts";

/** The kind of artifact that a remote cache is: one manifest that says which step gave which of its layers. */
const ARTIFACT_TYPE = "application/vnd.wherry.build-cache.v1";

/** On the manifest: the steps, see `StepRow`, and the keys that lead to others. */
const STEPS = "vnd.wherry.build-cache.steps";
const LEADS = "vnd.wherry.build-cache.leads";

/** On a layer: diffID and size of its plain tar. */
const LAYER = "vnd.wherry.build-cache.layer";

/** Key, time of the newest input, number of the layer or -1, when it was made; times in seconds. */
type StepRow = readonly [key: string, date: number, layer: number, created: number];

/** What a step gave, as a cache elsewhere tells it. */
export interface RemoteStep {
  readonly key: Digest;
  /** Undefined when it changed no file. */
  readonly layer?: RemoteLayer;
  /** Newest time of what went in, in seconds. */
  readonly date: number;
  /** When it was made, in seconds. */
  readonly created: number;
}

export interface RemoteLayer {
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly size: number;
  /** The blob, perhaps compressed. */
  readonly blob: Descriptor;
}

export interface CacheDocument {
  readonly steps: readonly RemoteStep[];
  /** Keys that stand for the same content as another. */
  readonly leads: ReadonlyMap<Digest, Digest>;
}

/** No year has more than four digits in a date. */
const LAST_SECOND = 253_402_300_799;

/** The config of the artifact, which says nothing. */
export const EMPTY_CONFIG = { bytes: Buffer.from("{}"), digest: digestOf("{}") };

const EMPTY: Descriptor = {
  mediaType: MEDIA_TYPE.ociEmpty,
  digest: EMPTY_CONFIG.digest,
  size: EMPTY_CONFIG.bytes.length,
};

/** The manifest of a cache; equal steps give equal bytes. */
export function writeCacheDocument({ steps, leads }: CacheDocument): Manifest {
  const sorted = [...steps].sort(({ key: a }, { key: b }) => (a < b ? -1 : 1));
  const layers = new Map<Digest, Descriptor>();
  for (const { layer } of sorted) {
    if (layer === undefined || layers.has(layer.diffId)) continue;
    const { mediaType, digest, size } = layer.blob;
    const annotations = { [LAYER]: `${layer.diffId} ${layer.size}` };
    layers.set(layer.diffId, { mediaType, digest, size, annotations });
  }
  const numbers = new Map([...layers.keys()].map((diffId, index) => [diffId, index]));
  const rows = sorted.map(({ key, date, layer, created }): StepRow => [
    key,
    date,
    layer === undefined ? -1 : (numbers.get(layer.diffId) ?? -1),
    created,
  ]);
  return createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: ARTIFACT_TYPE,
    config: EMPTY,
    layers: layers.size === 0 ? [EMPTY] : [...layers.values()],
    annotations: {
      [STEPS]: JSON.stringify(rows),
      [LEADS]: JSON.stringify([...leads].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  });
}

/**
 * What a manifest says of steps. All of it is checked before it is used; what a step gave is believed.
 *
 * @throws {CacheDocumentError}
 */
export function readCacheDocument({ kind, content }: Manifest): CacheDocument {
  if (kind !== "image" || content.artifactType !== ARTIFACT_TYPE)
    throw new CacheDocumentError("it is an image, not a build cache");
  const { annotations = {} } = content;
  const layers = content.layers.map(layerOf);
  return {
    steps: rowsOf(annotations[STEPS]).map((row) => stepOf(row, layers)),
    leads: new Map(rowsOf(annotations[LEADS]).map(leadOf)),
  };
}

function layerOf(blob: Descriptor): RemoteLayer | undefined {
  const text = blob.annotations?.[LAYER];
  if (text === undefined) return undefined;
  const [, diffId = "", size = ""] = /^(sha256:[0-9a-f]{64}) (\d{1,15})$/.exec(text) ?? [];
  if (!isDigest(diffId))
    throw new CacheDocumentError(`a layer is called ${JSON.stringify(text.slice(0, 100))}`);
  return { diffId, size: Number(size), blob };
}

function rowsOf(text: string | undefined): readonly unknown[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text ?? "");
  } catch {
    throw new CacheDocumentError("its list of steps is no JSON");
  }
  if (!Array.isArray(rows)) throw new CacheDocumentError("its list of steps is no list");
  return rows as readonly unknown[];
}

function stepOf(row: unknown, layers: readonly (RemoteLayer | undefined)[]): RemoteStep {
  const [key, date, number, created] = Array.isArray(row) ? (row as readonly unknown[]) : [];
  if (!isKey(key) || !isTime(date) || !isTime(created) || typeof number !== "number")
    throw new CacheDocumentError("a step is not key, time, layer and time");
  if (number === -1) return { key, date, created };
  const layer = layers[number];
  if (layer === undefined) throw new CacheDocumentError(`step ${key} has a layer that is not there`);
  return { key, date, created, layer };
}

function leadOf(row: unknown): [from: Digest, to: Digest] {
  const [from, to] = Array.isArray(row) ? (row as readonly unknown[]) : [];
  if (!isKey(from) || !isKey(to)) throw new CacheDocumentError("a key leads to no key");
  return [from, to];
}

function isKey(value: unknown): value is Digest {
  return typeof value === "string" && isDigest(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LAST_SECOND;
}
