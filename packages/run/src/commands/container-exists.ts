import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";

export default class ContainerExists extends StoreCommand {
  static override summary = "Check if a container exists in local storage";
  static override description = "The exit status is 0 when it does, 1 when it does not.";
  static override examples = ["<%= config.bin %> <%= command.id %> web"];
  static override args = { container: stringArg({ required: true, description: "container to look for" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(ContainerExists);
    this.exitStatus = this.engine.store.containers.find(args.container) === undefined ? 1 : 0;
  }
}
