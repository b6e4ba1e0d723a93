import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { localName } from "../../image-name.ts";
import { addImage } from "../../manifest/add-image.ts";
import { EMPTY_INDEX, saveList, withAnnotations } from "../../manifest/add-to-list.ts";
import { imagesToAdd } from "../../manifest/all-platforms.ts";
import { annotationsOf } from "../../manifest/entry-flags.ts";
import { pullFlags, pullOptions } from "../../pull-flags.ts";

export default class ManifestCreate extends StoreCommand {
  static override summary = "Create a manifest list, with the images that are named";
  static override description = "Images that are not here are pulled. Prints the list's ID.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0",
    "<%= config.bin %> <%= command.id %> --amend app:1.0 app-amd64 app-arm64",
  ];
  static override args = {
    list: stringArg({ required: true, description: "name of the list" }),
    images: stringArg({ multiple: true, description: "images to put in" }),
  };
  static override flags = {
    ...pullFlags,
    all: boolean({ description: "Of an image with several platforms add all" }),
    annotation: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME=VALUE",
      description: "Set an annotation of the list",
    }),
    amend: boolean({ char: "a", description: "Go on with a list that exists" }),
    quiet: boolean({ char: "q", description: "Don't output progress information when pulling images" }),
    replace: boolean({ description: "Begin anew where the list exists", exclusive: ["amend"] }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestCreate);
    const { lists } = this.engine.store;
    const annotations = annotationsOf(flags.annotation ?? []);
    const known = lists.find(args.list);
    if (known !== undefined && flags.replace) lists.remove(known.id);
    let list = known !== undefined && flags.amend ? known : lists.create(localName(args.list), EMPTY_INDEX);
    try {
      if (flags.annotation !== undefined)
        list = saveList(this.engine.store, list, withAnnotations(list.index, annotations));
      for (const name of args.images ?? []) {
        using options = pullOptions(this.invocation, flags);
        for (const platform of await imagesToAdd(this.engine, name, flags.all, options))
          ({ list } = await addImage(this.engine, list, name, {}, { ...options, ...platform }));
      }
    } catch (error) {
      if (list.id !== known?.id) lists.remove(list.id);
      throw error;
    }
    this.log(list.id);
  }
}
