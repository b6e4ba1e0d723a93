import { string as stringArg } from "@oclif/core/args";
import { registryFlags } from "@wherry/core/cli";
import { explainLogin } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { ImageCommand } from "../image-command.ts";

export default class AuthExplain extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Tell which login an image would be read with, and where it comes from";
  static override description =
    "Names each place that would be asked, mirrors first, the user, and the file and key or the helper. No secret is shown, no registry is asked";
  static override examples = ["<%= config.bin %> <%= command.id %> registry.example.com/team/app"];
  static override args = {
    "image-name": stringArg({ required: true, description: "image or repository in a registry" }),
  };
  static override flags = { authfile: registryFlags.authfile };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(AuthExplain);
    const reference = parseReference(args["image-name"].replace(/^docker:\/\//, ""));
    const options = flags.authfile === undefined ? {} : { authFile: flags.authfile };
    for (const { place, isMirror, login } of await explainLogin(this.engine, reference, options)) {
      const who = login === undefined ? "no login, asked as a guest" : `${login.kind}, from ${login.from}`;
      this.log(`${place}${isMirror ? " (mirror)" : ""}: ${who}`);
    }
  }
}
