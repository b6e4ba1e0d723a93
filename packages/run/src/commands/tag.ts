import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";
import { localReference } from "../image/local-reference.ts";

export default class Tag extends StoreCommand {
  static override summary = "Add an additional name to a local image";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app app:1.0",
    "<%= config.bin %> <%= command.id %> app registry.example.com/team/app:1.0 registry.example.com/team/app:latest",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image to name" }),
    names: stringArg({ required: true, multiple: true, description: "its new names" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(Tag);
    const names = args.names.map(localReference);
    const image = await getStored(this.engine, args.image);
    for (const name of names) this.engine.store.images.tag(image, name);
  }
}
