import { createManifest, MEDIA_TYPE, type Descriptor, type ImageIndex, type Manifest } from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { ConversionError } from "./errors.ts";
import { rewriting, type ImageManifestOf } from "./rewriting-source.ts";

/** Whose manifests: image-spec's, or docker's version 2 schema 2. */
export type ManifestFormat = "oci" | "docker";

/** docker's media type ↔ image-spec's. */
const PAIRS: readonly (readonly [docker: string, oci: string])[] = [
  [MEDIA_TYPE.dockerManifest, MEDIA_TYPE.ociManifest],
  [MEDIA_TYPE.dockerIndex, MEDIA_TYPE.ociIndex],
  [MEDIA_TYPE.dockerConfig, MEDIA_TYPE.ociConfig],
  [MEDIA_TYPE.dockerLayer, MEDIA_TYPE.ociLayer],
  [MEDIA_TYPE.dockerLayerGzip, MEDIA_TYPE.ociLayerGzip],
  [MEDIA_TYPE.dockerLayerForeignGzip, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"],
];

/**
 * The same image with manifests in the other format. Config and layers keep their bytes; docker's format has no annotations,
 * so these are dropped, and no zstd.
 *
 * @throws {ConversionError} from `readManifest`
 */
export function convertFormat(source: ImageSource, format: ManifestFormat): ImageSource {
  return rewriting(source, {
    image: (manifest) => Promise.resolve(convertImage(manifest, format)),
    index: (content) => convertIndex(content, format),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

function convertImage(manifest: ImageManifestOf, format: ManifestFormat): Manifest {
  const { content, descriptor } = manifest;
  const mediaType = format === "oci" ? MEDIA_TYPE.ociManifest : MEDIA_TYPE.dockerManifest;
  if (descriptor.mediaType === mediaType) return manifest;
  if (format === "oci")
    return createManifest({
      ...content,
      mediaType,
      config: convertDescriptor(content.config, format),
      layers: content.layers.map((layer) => convertDescriptor(layer, format)),
    });
  return createManifest({
    schemaVersion: 2,
    mediaType,
    config: withoutAnnotations(convertDescriptor(content.config, format)),
    layers: content.layers.map((layer) => withoutAnnotations(convertDescriptor(layer, format))),
  });
}

function convertIndex(content: ImageIndex, format: ManifestFormat): ImageIndex {
  const mediaType = format === "oci" ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerIndex;
  if (content.mediaType === mediaType) return content;
  if (format === "oci") return { ...content, mediaType };
  return { schemaVersion: 2, mediaType, manifests: content.manifests.map(withoutAnnotations) };
}

function convertDescriptor(descriptor: Descriptor, format: ManifestFormat): Descriptor {
  const [from, to] = format === "oci" ? ([0, 1] as const) : ([1, 0] as const);
  if (PAIRS.some((pair) => pair[to] === descriptor.mediaType)) return descriptor;
  const pair = PAIRS.find((candidate) => candidate[from] === descriptor.mediaType);
  if (pair !== undefined) return { ...descriptor, mediaType: pair[to] };
  throw new ConversionError(
    `blob ${descriptor.digest} for ${format === "oci" ? "an OCI" : "a docker"} manifest`,
    `that format has no counterpart of ${descriptor.mediaType}`,
  );
}

function withoutAnnotations({ annotations: _dropped, ...rest }: Descriptor): Descriptor {
  return rest;
}
