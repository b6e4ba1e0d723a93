import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { findStored } from "@wherry/core/engine";

export default class ImageExists extends StoreCommand {
  static override summary = "Check if an image exists in local storage";
  static override description =
    "The exit status is 0 when it does and 1 when it does not; nothing is printed.";
  static override examples = ["<%= config.bin %> <%= command.id %> quay.io/podman/hello"];
  static override args = { image: stringArg({ required: true, description: "name or ID" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(ImageExists);
    if ((await findStored(this.engine, args.image)) === undefined) this.exitStatus = 1;
  }
}
