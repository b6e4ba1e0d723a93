import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";

export default class ManifestExists extends StoreCommand {
  static override summary = "Check if a manifest list exists in local storage";
  static override description = "Ends with status 0 where it does, else 1.";
  static override examples = ["<%= config.bin %> <%= command.id %> app:1.0"];
  static override args = { list: stringArg({ required: true, description: "manifest list" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(ManifestExists);
    this.exitStatus = this.engine.store.lists.find(args.list) === undefined ? 1 : 0;
  }
}
