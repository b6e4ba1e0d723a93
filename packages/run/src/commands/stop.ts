import { string as stringArg } from "@oclif/core/args";
import { integer } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { stopContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags, filterFlag } from "../container/flags.ts";

export default class Stop extends StoreCommand {
  static override summary = "Stop one or more containers";
  static override description = `Sends the container's stop signal (SIGTERM unless the image says otherwise), and SIGKILL when that has not
helped in time. Prints what was stopped.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --time 2 --all",
    "<%= config.bin %> <%= command.id %> --filter label=team=web",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to stop" }) };
  static override flags = {
    filter: filterFlag,
    ...choiceFlags,
    time: integer({
      char: "t",
      min: 0,
      helpValue: "SECONDS",
      description: "Seconds to wait before killing the container",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Stop);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const chosen = chooseContainers(host, {
      ...flags,
      names: args.containers ?? [],
      onMissing: (error) => this.fail(error),
    });
    await Promise.all(
      chosen.map(async ({ container, asTyped }) => {
        try {
          const timeout = flags.time ?? container.config.stopTimeout;
          await stopContainer(host, container, { timeout });
          this.log(asTyped);
        } catch (error) {
          this.fail(error);
        }
      }),
    );
  }
}
