import { string as stringArg } from "@oclif/core/args";
import { loginFlags, runLogin, StoreCommand } from "@wherry/core/cli";

export default class Login extends StoreCommand {
  static override summary = "Log in to a container registry";
  static override examples = [
    "<%= config.bin %> <%= command.id %> registry.example.com",
    "<%= config.bin %> <%= command.id %> -u me --password-stdin quay.io < token",
  ];
  static override args = { registry: stringArg({ description: "registry, or a namespace in it" }) };
  static override flags = loginFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Login);
    await runLogin({ engine: this.engine, log: (line) => this.log(line) }, args.registry, flags);
  }
}
