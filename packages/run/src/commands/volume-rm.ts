import { string as stringArg } from "@oclif/core/args";
import { boolean, integer } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { removeVolume } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { VolumeNotFoundError } from "@wherry/core/store";

export default class VolumeRm extends StoreCommand {
  static override aliases = ["volume remove"];
  static override summary = "Remove one or more volumes";
  static override description = `Prints what was removed. The exit status is 1 when a volume does not exist, 2 when a container mounts one and
--force is not given.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> data",
    "<%= config.bin %> <%= command.id %> --force data",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { volumes: stringArg({ multiple: true, description: "volumes to remove" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Remove all volumes" }),
    force: boolean({ char: "f", description: "Remove the containers that mount the volume too" }),
    time: integer({
      char: "t",
      min: 0,
      helpValue: "SECONDS",
      description: "Seconds to wait before killing such a container",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(VolumeRm);
    const names = args.volumes ?? [];
    if (flags.all ? names.length > 0 : names.length === 0)
      throw new UsageError("choose either one or more volumes or all");
    const host = containerHost(this.engine);
    const { force, time } = flags;
    for (const name of flags.all ? host.store.volumes.list().map((volume) => volume.name) : names) {
      try {
        await removeVolume(host, name, { force, ...(time === undefined ? {} : { timeout: time }) });
        this.log(name);
      } catch (error) {
        if (force && error instanceof VolumeNotFoundError) continue;
        this.fail(error);
      }
    }
  }
}
