import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import {
  attachContainer,
  exitAfter,
  containerState,
  runInForeground,
  startDetached,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers, type Chosen } from "../container/choose-containers.ts";
import { attachFlags, choiceFlags, filterFlag } from "../container/flags.ts";
import { pointToWhy } from "../container/point-to-why.ts";
import { removeOwnImage } from "../container/remove-own-image.ts";
import { detachKeys, ownStreams } from "../container/streams.ts";
import { tellOfLogout } from "../session/logout.ts";

export default class Start extends StoreCommand {
  static override summary = "Start one or more containers";
  static override description =
    "A container that runs already is left alone. With --attach the exit status is the container's.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --attach --interactive shell",
    "<%= config.bin %> <%= command.id %> --filter status=created",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to start" }) };
  static override flags = {
    filter: filterFlag,
    ...attachFlags,
    all: boolean({ description: "All containers" }),
    latest: choiceFlags.latest,
    attach: boolean({ char: "a", description: "Join the container's output to ours" }),
    interactive: boolean({ char: "i", description: "Join our standard input to the container's" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Start);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const chosen = chooseContainers(host, {
      names: args.containers ?? [],
      all: flags.all,
      filter: flags.filter,
      latest: flags.latest,
      onMissing: (error) => this.fail(error),
    });
    if (flags.attach || flags.interactive) {
      const [only, ...others] = chosen;
      if (others.length > 0) throw new UsageError("you cannot start and attach multiple containers at once");
      if (only !== undefined) await this.#attached(only, flags);
      return;
    }
    const { signal } = this.invocation;
    for (const { container, asTyped } of chosen) {
      signal.throwIfAborted();
      try {
        if (containerState(host, container).status !== "running")
          await startDetached(host, container, { signal });
        this.log(asTyped);
        tellOfLogout(this.engine, (message) => void this.warn(message));
      } catch (error) {
        this.fail(pointToWhy(error, container, this.invocation.calledAs));
      }
    }
  }

  async #attached({ container }: Chosen, flags: AttachedFlags): Promise<void> {
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const streams = ownStreams({
      interactive: flags.interactive,
      detachKeys: detachKeys(this.engine, flags),
    });
    this.invocation.releaseSignals();
    if (containerState(host, container).status === "running") {
      const { ended } = await attachContainer(host, container, streams);
      this.exitStatus = await exitAfter(host, container, await ended);
      return;
    }
    const sigProxy = flags["sig-proxy"] && !container.config.terminal;
    const running = runInForeground(host, container, { ...streams, sigProxy });
    const { exitCode, isDetached } = await running.catch((error: unknown) => {
      throw pointToWhy(error, container, this.invocation.calledAs);
    });
    if (!isDetached) await removeOwnImage(this.engine, container);
    this.exitStatus = exitCode;
  }
}

interface AttachedFlags {
  readonly interactive: boolean;
  readonly "sig-proxy": boolean;
  readonly "detach-keys"?: string | undefined;
}
