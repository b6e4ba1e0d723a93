import { createManifest, MEDIA_TYPE, type Descriptor, type ImageConfig } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { Store, StoredImage } from "@wherry/core/store";
import type { BuiltLayer } from "./image-draft.ts";

/** Whose manifest an image has. */
export type ImageFormat = "oci" | "docker";

export interface ImageToWrite {
  readonly config: ImageConfig;
  readonly layers: readonly BuiltLayer[];
  /** Default "oci". */
  readonly format?: ImageFormat;
  /** Of the manifest; docker's has none. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly names?: readonly Reference[];
}

/** OCI's media type of a layer → docker's. */
const DOCKER_LAYERS: Readonly<Record<string, string>> = {
  [MEDIA_TYPE.ociLayer]: MEDIA_TYPE.dockerLayer,
  [MEDIA_TYPE.ociLayerGzip]: MEDIA_TYPE.dockerLayerGzip,
};

const OCI_LAYERS = Object.fromEntries(Object.entries(DOCKER_LAYERS).map(([oci, docker]) => [docker, oci]));

/** Writes config and manifest of an image whose layers are in the store, and gives it its names. */
export async function writeImage(
  store: Store,
  { config, layers, format = "oci", annotations = {}, names = [] }: ImageToWrite,
): Promise<StoredImage> {
  const isDocker = format === "docker";
  const written = await store.blobs.writeBytes(Buffer.from(JSON.stringify(config)));
  const sorted = Object.entries(annotations).sort(([left], [right]) => (left < right ? -1 : 1));
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: isDocker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    config: { mediaType: isDocker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig, ...written },
    layers: layers.map(({ descriptor }) => layerIn(descriptor, isDocker ? DOCKER_LAYERS : OCI_LAYERS)),
    ...(sorted.length === 0 || isDocker ? {} : { annotations: Object.fromEntries(sorted) }),
  });
  await store.blobs.writeBytes(manifest.bytes);
  return store.images.put(manifest.descriptor, names);
}

function layerIn(descriptor: Descriptor, types: Readonly<Record<string, string>>): Descriptor {
  return { ...descriptor, mediaType: types[descriptor.mediaType] ?? descriptor.mediaType };
}
