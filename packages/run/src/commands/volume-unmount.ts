import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { unmountVolume } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";

export default class VolumeUnmount extends StoreCommand {
  static override aliases = ["volume umount"];
  static override summary = "Unmount volumes";
  static override description =
    "Takes away what `volume mount` has mounted in this namespace. Prints the volumes' names.";
  static override examples = ["<%= config.bin %> <%= command.id %> data"];
  static override args = {
    volumes: stringArg({ required: true, multiple: true, description: "volumes to unmount" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(VolumeUnmount);
    const host = containerHost(this.engine);
    for (const name of args.volumes) {
      try {
        this.log(await unmountVolume(host, name));
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
