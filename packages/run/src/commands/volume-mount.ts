import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { mountVolume } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";

export default class VolumeMount extends StoreCommand {
  static override summary = "Mount volumes, and print where they are";
  static override description = `Only within \`unshare\`, or for root: an ordinary user's mounts live in a namespace, and end with it. A volume that is a
folder is there already.`;
  static override examples = [`wherry unshare sh -c 'ls -l "$(<%= config.bin %> <%= command.id %> data)"'`];
  static override args = {
    volumes: stringArg({ required: true, multiple: true, description: "volumes to mount" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(VolumeMount);
    const host = containerHost(this.engine);
    for (const name of args.volumes) {
      try {
        this.log(await mountVolume(host, name));
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
