import { string as stringArg } from "@oclif/core/args";
import { boolean, integer } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { containerState, restartContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags, filterFlag } from "../container/flags.ts";

export default class Restart extends StoreCommand {
  static override summary = "Restart one or more containers";
  static override description = "Stops what runs, then starts it again.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --time 2 --all",
    "<%= config.bin %> <%= command.id %> --filter label=team=web",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to restart" }) };
  static override flags = {
    filter: filterFlag,
    all: choiceFlags.all,
    cidfile: choiceFlags.cidfile,
    latest: choiceFlags.latest,
    running: boolean({ description: "Restart only containers that run; of those named, or of all" }),
    time: integer({
      char: "t",
      min: 0,
      helpValue: "SECONDS",
      description: "Seconds to wait before killing the container",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Restart);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const names = args.containers ?? [];
    const isNamed =
      names.length + (flags.filter?.length ?? 0) + (flags.cidfile?.length ?? 0) > 0 || flags.latest;
    const chosen = chooseContainers(host, {
      ...flags,
      names,
      all: flags.all || (flags.running && !isNamed),
      onMissing: (error) => this.fail(error),
    }).filter(({ container }) => !flags.running || containerState(host, container).status === "running");
    this.invocation.releaseSignals();
    for (const { container, asTyped } of chosen) {
      try {
        await restartContainer(host, container, flags.time === undefined ? {} : { timeout: flags.time });
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
