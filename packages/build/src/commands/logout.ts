import { string as stringArg } from "@oclif/core/args";
import { logoutFlags, runLogout, StoreCommand } from "@wherry/core/cli";

export default class Logout extends StoreCommand {
  static override summary = "Log out of a container registry";
  static override examples = [
    "<%= config.bin %> <%= command.id %> registry.example.com",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { registry: stringArg({ description: "registry, or a namespace in it" }) };
  static override flags = logoutFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Logout);
    await runLogout({ engine: this.engine, log: (line) => this.log(line) }, args.registry, flags);
  }
}
