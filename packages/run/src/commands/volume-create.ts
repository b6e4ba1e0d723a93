import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { createVolume } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { readLabels } from "../container/read-pairs.ts";

export default class VolumeCreate extends StoreCommand {
  static override summary = "Create a new volume";
  static override description = `Prints the volume's name, which is a random one where none is given. The options of the driver local are
those of mount(8): type=tmpfs with o=size=…, or type=none with o=bind and device=PATH. A tmpfs volume is a new one for each container.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> data",
    "<%= config.bin %> <%= command.id %> --label team=web --uid 1000 --gid 1000 data",
    "<%= config.bin %> <%= command.id %> -o type=tmpfs -o device=tmpfs -o o=size=64m,mode=1777 scratch",
    "<%= config.bin %> <%= command.id %> -o type=none -o o=bind,ro -o device=/srv/site site",
  ];
  static override args = { name: stringArg({ description: "name of the volume" }) };
  static override flags = {
    driver: string({ char: "d", default: "local", helpValue: "NAME", description: "Volume driver: local" }),
    gid: integer({ min: 0, description: "Group that owns the volume, as a container sees it" }),
    ignore: boolean({ description: "Say nothing when a volume of that name exists" }),
    label: string({ char: "l", multiple: true, helpValue: "KEY=VALUE", description: "Set a label" }),
    opt: string({
      char: "o",
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Set an option of the driver: type, device, o",
    }),
    uid: integer({ min: 0, description: "User that owns the volume, as a container sees it" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(VolumeCreate);
    if (flags.driver !== "local")
      throw new UsageError(`volume driver ${JSON.stringify(flags.driver)} is not known: only local is`);
    const { uid, gid } = flags;
    const { name } = await createVolume(
      containerHost(this.engine),
      {
        ...(args.name === undefined ? {} : { name: args.name }),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
        labels: readLabels(flags.label ?? []),
        options: readLabels(flags.opt ?? []),
      },
      { ignore: flags.ignore },
    );
    this.log(name);
  }
}
