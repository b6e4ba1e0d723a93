import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { updateLimits } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";
import { resourceFlags } from "../container/limit-flags.ts";
import { parseLimits } from "../container/limit-options.ts";

export default class Update extends StoreCommand {
  static override summary = "Update the limits of an existing container";
  static override description = `Changes what a running container may use at once, and that of a stopped one when it starts next. Limits that are not
named stay as they are. Prints the container's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --memory 512m --cpus 1.5 web",
    "<%= config.bin %> <%= command.id %> --pids-limit 100 --latest",
  ];
  static override args = { container: stringArg({ description: "container to change; not with --latest" }) };
  static override flags = {
    ...resourceFlags,
    latest: boolean({ char: "l", description: "The container created last" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Update);
    const limits = parseLimits(flags);
    if (Object.keys(limits).length === 0) throw new UsageError("must specify at least one limit to change");
    const host = containerHost(this.engine);
    const container = chooseContainer(host, args.container, flags.latest);
    await updateLimits(host, container, limits);
    this.log(container.id);
  }
}
