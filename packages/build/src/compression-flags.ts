import { boolean, integer, string } from "@oclif/core/flags";
import { checkCompressionLevel, UsageError } from "@wherry/core/cli";
import type { PushOptions } from "@wherry/core/engine";

/** How layers are compressed on their way, in buildah's flags. */
export const compressionFlags = {
  "compression-format": string({
    options: ["gzip", "zstd"],
    description: "Compression of layers that are plain (default: gzip, where the place expects any)",
  }),
  "compression-level": integer({ min: 1, max: 22, description: "Level: to 9 for gzip, to 22 for zstd" }),
  "force-compression": boolean({
    allowNo: true,
    dependsOn: ["compression-format"],
    description: "Compress layers anew that are compressed otherwise",
  }),
};

/** What the flags wish of layers; nothing where none is given. @throws {UsageError} */
export function compressionOptions(flags: {
  "compression-format"?: string | undefined;
  "compression-level"?: number | undefined;
  "disable-compression"?: boolean;
  "force-compression"?: boolean;
}): Pick<PushOptions, "layers"> {
  const { "compression-format": format, "compression-level": level, "force-compression": force } = flags;
  checkCompressionLevel(level, format);
  if (flags["disable-compression"] === true) {
    if (format !== undefined || level !== undefined)
      throw new UsageError(
        "--disable-compression cannot be set together with a format or level of compression",
      );
    return { layers: { compression: "none", plainOnly: true } };
  }
  const compression = format === "gzip" || format === "zstd" ? format : undefined;
  if (compression === undefined && level === undefined) return {};
  return {
    layers: {
      ...(compression === undefined ? {} : { compression, plainOnly: force !== true }),
      ...(level === undefined ? {} : { level }),
    },
  };
}
