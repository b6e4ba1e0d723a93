import { boolean, integer, string } from "@oclif/core/flags";
import type { PushOptions } from "../engine/index.ts";
import { checkCompressionLevel } from "./compression-level.ts";
import { UsageError } from "./errors.ts";

/** How layers are compressed on their way, in podman's and buildah's flags. */
export const compressionFlags = {
  "compression-format": string({
    options: ["gzip", "zstd"],
    description:
      "Compression of the layers (default: gzip of those that are plain, where the place expects any)",
  }),
  "compression-level": integer({ min: 1, max: 22, description: "Level: to 9 for gzip, to 22 for zstd" }),
  "force-compression": boolean({
    allowNo: true,
    dependsOn: ["compression-format"],
    description:
      "Compress layers anew that are compressed otherwise (default true with --compression-format)",
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
      ...(compression === undefined ? {} : { compression, plainOnly: force === false }),
      ...(level === undefined ? {} : { level }),
    },
  };
}
