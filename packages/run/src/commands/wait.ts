import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { parseDuration, StoreCommand } from "@wherry/core/cli";
import { waitForCondition, WAIT_CONDITIONS } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Wait extends StoreCommand {
  static override summary = "Block on one or more containers to stop and print their exit codes";
  static override description = `With --condition it waits for another state, and prints -1 for a container that has not ended. Of a container that is
removed meanwhile the exit code is what its last event says.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --condition running --interval 1s web",
    "<%= config.bin %> <%= command.id %> --condition healthy --condition exited web",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to wait for" }) };
  static override flags = {
    condition: string({
      multiple: true,
      options: [...WAIT_CONDITIONS],
      helpValue: "STATE",
      description: `Wait for one of these states: ${WAIT_CONDITIONS.join(", ")} (default stopped)`,
    }),
    ignore: choiceFlags.ignore,
    interval: string({
      char: "i",
      default: "250ms",
      helpValue: "DURATION",
      description: "Look at most so often: a duration, or milliseconds (default 250ms)",
    }),
    latest: choiceFlags.latest,
    "return-on-first": boolean({ description: "Wait for the first of several containers only" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Wait);
    const host = containerHost(this.engine);
    const { interval } = flags;
    const options = {
      conditions: flags.condition ?? ["stopped"],
      intervalMs: /^\d+$/.test(interval) ? Number(interval) : parseDuration(interval),
      signal: this.invocation.signal,
    };
    const chosen = chooseContainers(host, {
      latest: flags.latest,
      ignore: flags.ignore,
      names: args.containers ?? [],
    });
    const waits = chosen.map(({ container }) => waitForCondition(host, container, options));
    for (const wait of waits) wait.catch(() => undefined); // seen where it is awaited
    if (flags["return-on-first"] && waits.length > 0) this.log(String(await Promise.race(waits)));
    else for (const wait of waits) this.log(String(await wait));
    this.invocation.signal.throwIfAborted();
  }
}
