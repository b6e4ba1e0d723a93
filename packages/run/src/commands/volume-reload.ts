import { StoreCommand } from "@wherry/core/cli";

export default class VolumeReload extends StoreCommand {
  static override summary = "Read the volumes of volume plugins anew";
  static override description =
    "All volumes are of the driver local, which knows its volumes itself: there is nothing to read anew, and nothing is done.";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  override async run(): Promise<void> {
    await this.input(VolumeReload);
  }
}
