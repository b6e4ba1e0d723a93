import { string } from "@oclif/core/flags";
import { UsageError } from "@wherry/core/cli";
import { parsePlatform, platformWith, type Platform } from "@wherry/core/oci";

/** Which of an image's platforms, at once or by its parts. */
export const platformFlags = {
  arch: string({ helpValue: "ARCH", description: "Choose the image's architecture" }),
  os: string({ helpValue: "OS", description: "Choose the image's operating system" }),
  platform: string({ helpValue: "OS/ARCH[/VARIANT]", description: "Choose the image's platform" }),
  variant: string({ helpValue: "VARIANT", description: "Choose the variant of the image's architecture" }),
};

/** The platform that is asked for; nothing, where none is. @throws {UsageError} */
export function platformOption({
  arch,
  os,
  platform,
  variant,
}: {
  readonly [Name in keyof typeof platformFlags]?: string | undefined;
}): { readonly platform?: Platform } {
  if (platform !== undefined && (arch !== undefined || os !== undefined))
    throw new UsageError("--platform option can not be specified with --arch or --os");
  if (platform !== undefined)
    return { platform: parsePlatform(variant === undefined ? platform : `${platform}/${variant}`) };
  if (arch === undefined && os === undefined && variant === undefined) return {};
  return { platform: platformWith({ os, arch, variant }) };
}
