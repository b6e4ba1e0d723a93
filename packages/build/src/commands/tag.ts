import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";
import { localName } from "../image-name.ts";

export default class Tag extends StoreCommand {
  static override summary = "Add an additional name to a local image or manifest list";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app app:1.0 registry.example.com/team/app:1.0",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image or list to name" }),
    names: stringArg({ required: true, multiple: true, description: "its new names" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(Tag);
    const { images, lists } = this.engine.store;
    const names = args.names.map(localName);
    const list = images.find(args.image) === undefined ? lists.find(args.image) : undefined;
    if (list !== undefined) {
      for (const name of names) lists.tag(list.id, name);
      return;
    }
    const image = await getStored(this.engine, args.image);
    for (const name of names) images.tag(image, name);
  }
}
