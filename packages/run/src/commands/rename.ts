import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { renameContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";

export default class Rename extends StoreCommand {
  static override summary = "Rename an existing container";
  static override examples = ["<%= config.bin %> <%= command.id %> web web-old"];
  static override args = {
    container: stringArg({ required: true, description: "container to rename" }),
    name: stringArg({ required: true, description: "its new name" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(Rename);
    const host = containerHost(this.engine);
    renameContainer(host, chooseContainer(host, args.container), args.name);
  }
}
