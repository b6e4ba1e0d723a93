import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";

export default class ContainerExists extends StoreCommand {
  static override summary = "Check if a container exists in local storage";
  static override description = "The exit status is 0 when it does, 1 when it does not.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --external alpine-working-container",
  ];
  static override args = { container: stringArg({ required: true, description: "container to look for" }) };
  static override flags = {
    external: boolean({ description: "Look among the working containers of wherry-build too" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ContainerExists);
    const { containers, working } = this.engine.store;
    const found =
      containers.find(args.container) ?? (flags.external ? working.find(args.container) : undefined);
    this.exitStatus = found === undefined ? 1 : 0;
  }
}
