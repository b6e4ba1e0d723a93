import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { removeSecret } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { SecretNotFoundError } from "@wherry/core/store";

export default class SecretRm extends StoreCommand {
  static override summary = "Remove one or more secrets";
  static override description =
    "Prints what was removed. Containers that were given a secret keep it until they are removed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> db-password",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { secrets: stringArg({ multiple: true, description: "names or IDs" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Remove all secrets" }),
    ignore: boolean({ char: "i", description: "Say nothing of a secret that does not exist" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(SecretRm);
    const names = args.secrets ?? [];
    if (flags.all && names.length > 0) throw new UsageError("choose either one or more secrets or all");
    if (!flags.all && names.length === 0)
      throw new UsageError(`\`${this.commandPath}\` requires one argument, or the --all flag`);
    const host = containerHost(this.engine);
    for (const name of flags.all ? host.store.secrets.list().map(({ id }) => id) : names) {
      try {
        this.log(removeSecret(host, name).id);
      } catch (error) {
        if (!(flags.ignore && error instanceof SecretNotFoundError)) this.fail(error);
      }
    }
  }
}
