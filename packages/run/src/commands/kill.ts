import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { containerState, killContainer, parseSignal } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags, filterFlag } from "../container/flags.ts";

export default class Kill extends StoreCommand {
  static override summary = "Kill one or more running containers with a specific signal";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --signal HUP web",
    "<%= config.bin %> <%= command.id %> --filter name=web",
  ];
  static override args = {
    containers: stringArg({ multiple: true, description: "containers to send it to" }),
  };
  static override flags = {
    filter: filterFlag,
    all: choiceFlags.all,
    cidfile: choiceFlags.cidfile,
    latest: choiceFlags.latest,
    signal: string({
      char: "s",
      default: "KILL",
      helpValue: "SIGNAL",
      description: "Signal to send, by name or number",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Kill);
    parseSignal(flags.signal);
    const host = containerHost(this.engine);
    const chosen = chooseContainers(host, {
      ...flags,
      names: args.containers ?? [],
      onMissing: (error) => this.fail(error),
    });
    for (const { container, asTyped } of chosen) {
      if ((flags.all || flags.filter !== undefined) && containerState(host, container).status !== "running")
        continue;
      try {
        killContainer(host, container, flags.signal);
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
