import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { cloneContainer, getContainer, removeContainer, startDetached } from "@wherry/core/container";
import { containerHost, getStored } from "@wherry/core/engine";
import { resourceFlags } from "../container/limit-flags.ts";
import { parseLimits } from "../container/limit-options.ts";

export default class ContainerClone extends StoreCommand {
  static override summary = "Clone an existing container";
  static override description = `Makes a container with the settings of another, and prints its ID. It shares the volumes; files that were changed in
the other do not come along (see commit). The name is that of the other with -clone; IMAGE is used instead of its image.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --run --memory 512m web web2",
    "<%= config.bin %> <%= command.id %> --destroy --force web web2 web:2.0",
  ];
  static override args = {
    container: stringArg({ required: true, description: "container" }),
    name: stringArg({ description: "name of the new one" }),
    image: stringArg({ description: "image for it" }),
  };
  static override flags = {
    ...resourceFlags,
    destroy: boolean({ description: "Remove the original container" }),
    force: boolean({ char: "f", description: "Remove it even while it runs", dependsOn: ["destroy"] }),
    name: string({ helpValue: "NAME", description: "Name of the new one" }),
    run: boolean({ description: "Start the new one" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ContainerClone);
    if (flags.name !== undefined && args.name !== undefined)
      throw new UsageError("the name cannot be set both by --name and as an argument");
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const original = getContainer(host, args.container);
    const name = flags.name ?? args.name;
    const limits = parseLimits(flags);
    const image = args.image === undefined ? undefined : await getStored(this.engine, args.image);
    const clone = await cloneContainer(host, original, {
      ...(name === undefined ? {} : { name }),
      ...(image === undefined ? {} : { image }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
    });
    if (flags.destroy) await removeContainer(host, original, { force: flags.force });
    if (flags.run) {
      this.invocation.releaseSignals();
      await startDetached(host, clone);
    }
    this.log(clone.id);
  }
}
