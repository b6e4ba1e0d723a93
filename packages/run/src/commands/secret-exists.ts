import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";

export default class SecretExists extends StoreCommand {
  static override summary = "Check whether a secret exists";
  static override description = "The exit status is 0 when it does, and 1 when it does not.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> db-password",
    "<%= config.bin %> <%= command.id %> db-password || wherry secret create db-password ./password",
  ];
  static override args = { secret: stringArg({ required: true, description: "name or ID" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(SecretExists);
    if (this.engine.store.secrets.find(args.secret) === undefined) this.exitStatus = 1;
  }
}
