import { hostPlatform, type Compression, type Platform } from "../oci/index.ts";
import { acceptanceOf, type ImageDestination, type ImageSource } from "../transport/index.ts";
import { convertFormat, type ManifestFormat } from "./convert-format.ts";
import { convertLayers, type CompressedForms } from "./convert-layers.ts";
import { selectPlatform } from "./select-platform.ts";

export interface AdaptOptions {
  /** Copy the images of all platforms, where the destination can hold them. */
  readonly all?: boolean;
  /** Default this machine's. */
  readonly platform?: Platform;
  /** Format of the manifests; default as they are. */
  readonly format?: ManifestFormat;
  /** Compression of all layers; default as they are, as far as the destination takes them. */
  readonly compression?: Exclude<Compression, "zstd">;
  readonly temporaryDirectory: string;
  readonly forms?: CompressedForms;
}

const ALL: readonly Compression[] = ["none", "gzip", "zstd"];

/**
 * The source as the destination takes it, changed as little as possible: one platform of an index unless all are wanted,
 * layers compressed on their way to a registry. Without need and without wishes every byte stays as it is.
 */
export function adaptSource(
  source: ImageSource,
  destination: ImageDestination,
  options: AdaptOptions,
): ImageSource {
  const { all = false, platform = hostPlatform(), format, compression, temporaryDirectory, forms } = options;
  const accepted = compression === undefined ? acceptanceOf(destination).layers : [compression];
  const selected = all ? source : selectPlatform(source, platform);
  const converted = ALL.every((one) => accepted.includes(one))
    ? selected
    : convertLayers(selected, { accepted, temporaryDirectory, ...(forms === undefined ? {} : { forms }) });
  return format === undefined ? converted : convertFormat(converted, format);
}
