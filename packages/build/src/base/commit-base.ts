import { createManifest, MEDIA_TYPE, type Platform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { Store, StoredImage } from "@wherry/core/store";
import type { DraftConfig } from "../builder/image-config.ts";
import { ImageDraft } from "../builder/image-draft.ts";
import type { LayerDraft } from "../builder/layer-draft.ts";
import { writeLayer } from "../builder/write-layer.ts";

export interface BaseImage {
  readonly layer: LayerDraft;
  readonly config: DraftConfig;
  /** Seconds. */
  readonly date: number;
  /** How it was made, for its history. */
  readonly createdBy: string;
  readonly platform: Platform;
  /** New time of an entry. */
  readonly changeTime?: (mtime: number) => number;
}

/** Writes an image of one layer that has no parent, and names it. */
export async function commitBase(store: Store, base: BaseImage, name: Reference): Promise<StoredImage> {
  const image = new ImageDraft(base.platform);
  image.config = base.config;
  image.date = base.date;
  image.record(base.createdBy, await writeLayer(base.layer, store, base.changeTime));
  const config = await store.blobs.writeBytes(Buffer.from(JSON.stringify(image.toImageConfig())));
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, ...config },
    layers: image.layers.map(({ descriptor }) => descriptor),
  });
  await store.blobs.writeBytes(manifest.bytes);
  return store.images.put(manifest.descriptor, [name]);
}
