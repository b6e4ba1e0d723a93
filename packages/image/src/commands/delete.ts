import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { deleteImage } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Delete extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Delete image IMAGE-NAME";
  static override description = `Takes an image away. Of a registry only the tag, where the registry can do that; else the
manifest, but only if no other tag names it`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:old",
    "<%= config.bin %> <%= command.id %> oci:layout:old",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    manifest: boolean({ description: "Delete the manifest with all tags that name it, not only the tag" }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Delete);
    await deleteImage(this.engine, args["image-name"], {
      registry: registryOptions(flags),
      manifest: flags.manifest,
    });
  }
}
