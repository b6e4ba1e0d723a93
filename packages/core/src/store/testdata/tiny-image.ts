import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  createManifest,
  digestOf,
  MEDIA_TYPE,
  type Descriptor,
  type Digest,
  type ImageConfig,
  type Manifest,
} from "../../oci/index.ts";
import type { AppliedLayer } from "../layer-store.ts";
import type { LayerWorker } from "../remove-tree.ts";
import type { Store } from "../store.ts";
import { removeTreeTask } from "../worker-tasks.ts";

/** An image of layers that are only text, for tests which look at what holds them. */
export interface TinyImage {
  readonly id: Digest;
  readonly config: ImageConfig;
  readonly manifest: Manifest & { readonly kind: "image" };
  readonly diffIds: readonly Digest[];
  readonly blobs: readonly (Descriptor & { readonly bytes: Buffer })[];
}

/** An image whose layers, gzipped, have the given texts. */
export function tinyImage(...texts: string[]): TinyImage {
  const diffIds = texts.map((text) => digestOf(text));
  const config: ImageConfig = {
    created: "2026-01-02T03:04:05Z",
    architecture: "amd64",
    os: "linux",
    config: { Cmd: ["sh"], Labels: { first: texts[0] ?? "" } },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  const blobs = [
    blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPE.ociConfig),
    ...texts.map((text) => blobOf(gzipSync(text), MEDIA_TYPE.ociLayerGzip)),
  ];
  const [configBlob, ...layers] = blobs.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  if (configBlob === undefined) throw new Error("unreachable");
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: configBlob,
    layers,
  });
  if (manifest.kind !== "image") throw new Error("unreachable");
  return { id: configBlob.digest, config, manifest, diffIds, blobs };
}

/** The same image with another manifest, as another compression gives. */
export function sameConfig({ manifest, ...rest }: TinyImage): TinyImage {
  const changed = createManifest({ ...manifest.content, annotations: { other: "manifest" } });
  if (changed.kind !== "image") throw new Error("unreachable");
  return { ...rest, manifest: changed };
}

/** Writes the blobs of an image, and its manifest, into a store. */
export async function writeBlobs(store: Store, { blobs, manifest }: TinyImage): Promise<void> {
  await Promise.all(blobs.map((blob) => store.blobs.write(blob, Readable.from([blob.bytes]))));
  await store.blobs.writeBytes(manifest.bytes);
}

/** A worker in this process that "unpacks" a text to a file `content`, and counts its tasks. */
export class TextWorker implements LayerWorker {
  readonly tasks: string[] = [];

  async call<Output>(task: string, input: object): Promise<Output> {
    this.tasks.push(task);
    if (task === "applyLayer") return apply(input as { blob: string; target: string }) as Output;
    if (task === "removeTree") return (await removeTreeTask(input as { path: string })) as Output;
    throw new Error(`no such task: ${task}`);
  }
}

function apply({ blob, target }: { blob: string; target: string }): AppliedLayer {
  const text = gunzipSync(readFileSync(blob));
  writeFileSync(join(target, "content"), text);
  return { diffId: digestOf(text), size: text.length, entries: 1 };
}

function blobOf(bytes: Buffer, mediaType: string): Descriptor & { readonly bytes: Buffer } {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}
