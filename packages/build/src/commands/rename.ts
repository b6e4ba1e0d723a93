import { string as stringArg } from "@oclif/core/args";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { getWorking } from "../working/working-container.ts";

export default class Rename extends StoreCommand {
  static override summary = "Rename a working container";
  static override examples = ["<%= config.bin %> <%= command.id %> debian-working-container build"];
  static override args = {
    container: stringArg({ required: true, description: "working container" }),
    name: stringArg({ required: true, description: "its new name" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(Rename);
    const { working } = this.engine.store;
    const { id, name } = getWorking(this.engine.store, args.container);
    if (name === args.name)
      throw new UsageError(`renaming a container with the same name as its current name`);
    working.rename(id, args.name);
  }
}
