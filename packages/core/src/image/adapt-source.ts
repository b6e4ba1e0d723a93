import { hostPlatform, type Compression, type Platform } from "../oci/index.ts";
import {
  acceptanceOf,
  canMountBlobs,
  originOf,
  type ImageDestination,
  type ImageSource,
} from "../transport/index.ts";
import { chooseImages, type ImageChoice } from "./choose-images.ts";
import { convertFormat, type ManifestFormat } from "./convert-format.ts";
import { convertLayers, type CompressedForms } from "./convert-layers.ts";

/** How layers are to be compressed. */
export interface LayerWish {
  /** Undefined leaves it to what layers and destination need, and only the level counts. */
  readonly compression?: Compression;
  /** Layers that are compressed already stay as they are. */
  readonly plainOnly?: boolean;
  /** 1 to 9 for gzip, to 22 for zstd. */
  readonly level?: number;
}

/** What a copy changes; by default as little as it can. */
export interface ImageChanges {
  /** Which images of an index; default the one for this machine. */
  readonly choice?: ImageChoice;
  /** Format of the manifests; default as they are. */
  readonly format?: ManifestFormat;
  readonly layers?: LayerWish;
  /** Change no byte, even where the destination expects other layers. */
  readonly preserveDigests?: boolean;
  /** Copy layers too that the image says are elsewhere. */
  readonly foreignLayers?: boolean;
}

export interface AdaptOptions extends ImageChanges {
  readonly temporaryDirectory: string;
  readonly forms?: CompressedForms;
}

const ALL: readonly Compression[] = ["none", "gzip", "zstd"];

/**
 * The source as the destination takes it, changed as little as possible: one image of an index unless more are wanted,
 * layers compressed on their way to a registry. Without need and without wishes every byte stays as it is; between
 * registries there is no need.
 */
export function adaptSource(
  source: ImageSource,
  destination: ImageDestination,
  options: AdaptOptions,
): ImageSource {
  const { choice = oneFor(hostPlatform()), format, layers = {}, preserveDigests = false } = options;
  const chosen = chooseImages(source, choice);
  if (preserveDigests) return chosen;
  const accepted = acceptedForms(source, destination, layers);
  const convert = (from: ImageSource): ImageSource => {
    if (ALL.every((one) => accepted.includes(one))) return from;
    const { temporaryDirectory, forms } = options;
    const { level } = layers;
    return convertLayers(from, {
      accepted,
      temporaryDirectory,
      ...(level === undefined ? {} : { level }),
      ...(forms === undefined ? {} : { forms }),
    });
  };
  // docker's manifests cannot name zstd: it must be gone before they are made, and come after they are left
  if (format === "oci") return convert(convertFormat(chosen, format));
  return format === undefined ? convert(chosen) : convertFormat(convert(chosen), format);
}

/** Whether layers may have to be changed on the way, so that their digests are not known before. */
export function changesLayers(
  source: ImageSource,
  destination: ImageDestination,
  { layers = {}, preserveDigests = false }: ImageChanges,
): boolean {
  const accepted = acceptedForms(source, destination, layers);
  return !preserveDigests && !ALL.every((one) => accepted.includes(one));
}

/** The choice of one platform's image. */
export function oneFor(platform: Platform): ImageChoice {
  return { kind: "one", platform };
}

/** The forms of layers that stay as they are; others become the first. */
function acceptedForms(
  source: ImageSource,
  destination: ImageDestination,
  { compression, plainOnly = false }: LayerWish,
): readonly Compression[] {
  if (compression !== undefined) {
    const others = ALL.filter((one) => one !== compression && one !== "none");
    return plainOnly ? [compression, ...others] : [compression];
  }
  const isBetweenRegistries = originOf(source) !== undefined && canMountBlobs(destination);
  if (isBetweenRegistries) return ALL;
  return acceptanceOf(destination).layers;
}
