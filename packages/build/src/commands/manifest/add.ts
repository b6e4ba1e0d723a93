import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { addImage } from "../../manifest/add-image.ts";
import { imagesToAdd } from "../../manifest/all-platforms.ts";
import { entryChanges, entryFlags } from "../../manifest/entry-flags.ts";
import { getList } from "../../manifest/find-list.ts";
import { pullFlags, pullOptions } from "../../pull-flags.ts";

export default class ManifestAdd extends StoreCommand {
  static override summary = "Add an image to a manifest list";
  static override description = `An image that is not here is pulled. Flags say what the list tells of it; the same image may be
there for several platforms. Prints the list's ID and the image's digest.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0 app-arm64",
    "<%= config.bin %> <%= command.id %> --all app:1.0 docker://registry.example.com/team/base:1",
    "<%= config.bin %> <%= command.id %> --arch arm64 --variant v8 app:1.0 app-arm64",
  ];
  static override args = {
    list: stringArg({ required: true, description: "manifest list" }),
    image: stringArg({ required: true, description: "image to put in" }),
  };
  static override flags = {
    ...{ authfile: pullFlags.authfile, "cert-dir": pullFlags["cert-dir"], creds: pullFlags.creds },
    "tls-verify": pullFlags["tls-verify"],
    ...entryFlags,
    all: boolean({ description: "Add the images of all platforms" }),
    platform: string({
      helpValue: "OS/ARCH[/VARIANT]",
      description: "Which image of several platforms to add",
    }),
    quiet: boolean({ char: "q", description: "Don't output progress information when pulling images" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestAdd);
    const changes = entryChanges(flags);
    if (flags.all && changes.arch !== undefined)
      throw new UsageError("--all and --arch cannot be set together");
    let list = getList(this.engine.store, args.list);
    const { platform } = flags;
    using options = pullOptions(this.invocation, {
      ...flags,
      os: undefined,
      arch: undefined,
      variant: undefined,
      platform,
    });
    for (const choice of await imagesToAdd(this.engine, args.image, flags.all, options)) {
      const added = await addImage(this.engine, list, args.image, changes, { ...options, ...choice });
      ({ list } = added);
      this.log(`${list.id}: ${added.image.manifest.digest}`);
    }
  }
}
