import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { registryToken } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class AuthToken extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Print the token that a registry gives for a repository";
  static override description =
    "For looking into logins. The token is a secret as long as it lives: it stands for the login it was got with";
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker.io/library/alpine",
    "<%= config.bin %> <%= command.id %> --push registry.example.com/team/app",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image or repository in a registry" }),
  };
  static override flags = {
    push: boolean({ description: "One that allows to push too" }),
    delete: boolean({ description: "One that allows to delete too" }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(AuthToken);
    const reference = parseReference(args["image-name"].replace(/^docker:\/\//, ""));
    const actions = [
      "pull" as const,
      ...(flags.push ? ["push" as const] : []),
      ...(flags.delete ? ["delete" as const] : []),
    ];
    this.log(await registryToken(this.engine, reference, actions, registryOptions(flags)));
  }
}
