import { string as stringArg } from "@oclif/core/args";
import { loginFlags, runLogin } from "@wherry/core/cli";
import { ImageCommand } from "../image-command.ts";

export default class Login extends ImageCommand {
  static override summary = "Login to a container registry";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io",
    "<%= config.bin %> <%= command.id %> --username me --password-stdin registry.example.com:5000 <password",
    "<%= config.bin %> <%= command.id %> --get-login quay.io",
  ];
  static override args = { registry: stringArg({ description: "host, or host/path" }) };
  static override flags = loginFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Login);
    await runLogin({ engine: this.engine, log: (line) => this.log(line) }, args.registry, flags);
  }
}
