import { constants } from "node:os";
import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import {
  attachContainer,
  exitAfter,
  killContainer,
  type Container,
  type ContainerHost,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { heardSignals } from "@wherry/core/process";
import { chooseContainer } from "../container/choose-containers.ts";
import { attachFlags, choiceFlags } from "../container/flags.ts";
import { detachKeys, ownStreams } from "../container/streams.ts";

export default class Attach extends StoreCommand {
  static override summary = "Attach to a running container";
  static override description =
    "Joins our streams to the container's until it ends, and exits with its status. Ctrl-p Ctrl-q lets go of a terminal.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> shell",
    "<%= config.bin %> <%= command.id %> --no-stdin web",
  ];
  static override args = { container: stringArg({ description: "container to attach to" }) };
  static override flags = {
    ...attachFlags,
    latest: choiceFlags.latest,
    "no-stdin": boolean({ description: "Do not join standard input" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Attach);
    const host = containerHost(this.engine);
    const container = chooseContainer(host, args.container, flags.latest);
    const interactive = container.config.openStdin && !flags["no-stdin"];
    const { ended } = await attachContainer(
      host,
      container,
      ownStreams({ interactive, detachKeys: detachKeys(this.engine, flags) }),
    );
    this.invocation.releaseSignals();
    if (flags["sig-proxy"] && !container.config.terminal) passSignals(host, container);
    this.exitStatus = await exitAfter(host, container, await ended);
  }
}

const PASSED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

function passSignals(host: ContainerHost, container: Container): void {
  for (const name of heardSignals(PASSED))
    process.on(name, () => killContainer(host, container, String(constants.signals[name])));
}
