import { boolean, integer, string } from "@oclif/core/flags";
import { checkCompressionLevel, UsageError } from "@wherry/core/cli";
import type { ImageChanges, LayerWish } from "@wherry/core/image";

/** Flags that change an image on its way. */
export const CHANGING = [
  "format",
  "dest-compress",
  "dest-compress-format",
  "dest-compress-level",
  "dest-decompress",
  "dest-force-compress-format",
  "strip-removed-platforms",
];

/** How an image is changed on its way; without any of them between registries not at all. */
export const changeFlags = {
  "dest-compress": boolean({
    exclusive: ["dest-decompress"],
    description: "Compress layers that are not compressed",
  }),
  "dest-compress-format": string({
    options: ["gzip", "zstd"],
    exclusive: ["dest-decompress"],
    description: "Compress all layers so",
  }),
  "dest-compress-level": integer({
    min: 1,
    max: 22,
    helpValue: "LEVEL",
    exclusive: ["dest-decompress"],
    description: "How hard layers are compressed: 1 to 9 for gzip, to 22 for zstd",
  }),
  "dest-decompress": boolean({ description: "Decompress layers" }),
  "dest-force-compress-format": boolean({
    dependsOn: ["dest-compress-format"],
    description: "Take no layer at the destination that is compressed otherwise (which is never done)",
  }),
  format: string({
    char: "f",
    options: ["oci", "v2s2"],
    description: "Manifest type to use in the destination (default is the manifest type of the source)",
  }),
  "preserve-digests": boolean({
    exclusive: CHANGING,
    description: "Preserve digests of images and lists: change no byte",
  }),
};

interface ChangeInput {
  readonly "dest-compress"?: boolean;
  readonly "dest-compress-format"?: string | undefined;
  readonly "dest-compress-level"?: number | undefined;
  readonly "dest-decompress"?: boolean;
  readonly format?: string | undefined;
  readonly "preserve-digests": boolean;
}

/** The changes that the flags ask for. @throws {UsageError} */
export function changesAmong(flags: ChangeInput): Omit<ImageChanges, "choice"> {
  const layers = layersAmong(flags);
  const isZstd = layers?.compression === "zstd";
  if (isZstd && flags.format === "v2s2")
    throw new UsageError("--dest-compress-format zstd needs OCI manifests: --format v2s2 cannot name zstd");
  const format = isZstd || flags.format === "oci" ? "oci" : flags.format === "v2s2" ? "docker" : undefined;
  return {
    preserveDigests: flags["preserve-digests"],
    ...(format === undefined ? {} : { format }),
    ...(layers === undefined ? {} : { layers }),
  };
}

function layersAmong(flags: ChangeInput): LayerWish | undefined {
  const { "dest-compress-format": named, "dest-compress-level": level } = flags;
  if (flags["dest-decompress"] === true) return { compression: "none" };
  const wished = named === "gzip" || named === "zstd" ? named : undefined;
  checkCompressionLevel(level, wished);
  const withLevel = level === undefined ? {} : { level };
  if (wished !== undefined) return { compression: wished, ...withLevel };
  if (flags["dest-compress"] === true) return { compression: "gzip", plainOnly: true, ...withLevel };
  return level === undefined ? undefined : withLevel;
}
