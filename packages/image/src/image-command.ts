import { boolean, string } from "@oclif/core/flags";
import { WherryCommand } from "@wherry/core/cli";

/** skopeo's flags before the command's name. */
export const globalFlags = {
  "override-os": string({ helpValue: "OS", description: "Choose images for OS instead of the running one" }),
  "override-arch": string({
    helpValue: "ARCH",
    description: "Choose images for ARCH instead of this machine's architecture",
  }),
  "override-variant": string({
    helpValue: "VARIANT",
    description: "Choose images for VARIANT of the architecture",
  }),
  "insecure-policy": boolean({ description: "Accept every image without asking the trust policy" }),
};

/** Base of the commands of `wherry-image`. */
export abstract class ImageCommand extends WherryCommand {
  static override baseFlags = globalFlags;
}
