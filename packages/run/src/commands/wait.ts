import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { containerState, waitForExit } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

const POLL_MS = 50;
const STOPPED = ["stopped", "exited", "removing"];

export default class Wait extends StoreCommand {
  static override summary = "Block on one or more containers to stop and print their exit codes";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --condition running web",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to wait for" }) };
  static override flags = {
    condition: string({
      options: ["created", "running", "stopped", "exited", "removing"],
      helpValue: "STATE",
      description: "Wait for this state (default stopped)",
    }),
    ignore: choiceFlags.ignore,
    interval: string({ hidden: true, description: "Accepted for podman's sake; nothing is polled for long" }),
    latest: choiceFlags.latest,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Wait);
    const host = containerHost(this.engine);
    const { condition = "stopped" } = flags;
    const chosen = chooseContainers(host, {
      latest: flags.latest,
      ignore: flags.ignore,
      names: args.containers ?? [],
    });
    for (const { container } of chosen) {
      if (STOPPED.includes(condition)) {
        this.log(String(await waitForExit(host, container, this.invocation.signal)));
        continue;
      }
      while (containerState(host, container).status !== condition)
        await sleep(POLL_MS, undefined, { signal: this.invocation.signal });
      this.log("-1");
    }
  }
}
