import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { containerState, unpauseContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags, filterFlag } from "../container/flags.ts";

export default class Unpause extends StoreCommand {
  static override summary = "Unpause the processes in one or more containers";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --all",
    "<%= config.bin %> <%= command.id %> --filter label=team=web",
  ];
  static override args = {
    containers: stringArg({ multiple: true, description: "containers to let go on" }),
  };
  static override flags = {
    all: choiceFlags.all,
    cidfile: choiceFlags.cidfile,
    filter: filterFlag,
    latest: choiceFlags.latest,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Unpause);
    const host = containerHost(this.engine);
    const chosen = chooseContainers(host, {
      ...flags,
      names: args.containers ?? [],
      onMissing: (error) => this.fail(error),
    });
    for (const { container, asTyped } of chosen) {
      const state = containerState(host, container);
      if ((flags.all || flags.filter !== undefined) && !(state.status === "running" && state.isPaused))
        continue;
      try {
        unpauseContainer(host, container);
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
