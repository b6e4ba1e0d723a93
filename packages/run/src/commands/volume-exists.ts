import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";

export default class VolumeExists extends StoreCommand {
  static override summary = "Check if a volume exists";
  static override description = "The exit status is 0 when it does, 1 when it does not.";
  static override examples = ["<%= config.bin %> <%= command.id %> data"];
  static override args = { volume: stringArg({ required: true, description: "volume to look for" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(VolumeExists);
    this.exitStatus = this.engine.store.volumes.find(args.volume) === undefined ? 1 : 0;
  }
}
