import { string as stringArg } from "@oclif/core/args";
import { logoutFlags, runLogout } from "@wherry/core/cli";
import { ImageCommand } from "../image-command.ts";

export default class Logout extends ImageCommand {
  static override summary = "Logout of a container registry";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { registry: stringArg({ description: "host, or host/path" }) };
  static override flags = logoutFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Logout);
    await runLogout({ engine: this.engine, log: (line) => this.log(line) }, args.registry, flags);
  }
}
