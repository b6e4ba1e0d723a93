import { string as stringArg } from "@oclif/core/args";
import { boolean, integer } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import {
  ContainerStateError,
  removeContainer,
  requirersOf,
  type ContainerHost,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { ContainerNotFoundError } from "@wherry/core/store";
import { chooseContainers, dependantsFirst, type Chosen } from "../container/choose-containers.ts";
import { choiceFlags, filterFlag } from "../container/flags.ts";

/** podman's exit statuses of `rm`. */
const NOT_FOUND = 1;
const STILL_RUNS = 2;

export default class Rm extends StoreCommand {
  static override summary = "Remove one or more containers";
  static override description = `Prints what was removed. The exit status is 1 when a container does not exist, 2 when one runs and --force is
not given.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --force --all",
    "<%= config.bin %> <%= command.id %> --filter status=exited",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to remove" }) };
  static override flags = {
    depend: boolean({ description: "Remove the containers that require them too" }),
    filter: filterFlag,
    ...choiceFlags,
    force: boolean({ char: "f", description: "Remove running containers too" }),
    time: integer({
      char: "t",
      min: 0,
      dependsOn: ["force"],
      helpValue: "SECONDS",
      description: "Seconds to wait before killing the container",
    }),
    volumes: boolean({ char: "v", description: "Remove the volumes made for the container alone" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Rm);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const { force, volumes, time } = flags;
    const chosen = chooseContainers(host, {
      ...flags,
      names: args.containers ?? [],
      ignore: flags.ignore || force,
      onMissing: (error) => this.#failWith(error),
    });
    const all = flags.depend ? withRequirers(host, chosen) : chosen;
    for (const { container, asTyped } of dependantsFirst(all)) {
      try {
        await removeContainer(host, container, {
          force,
          volumes,
          ...(time === undefined ? {} : { timeout: time }),
        });
        this.log(asTyped);
      } catch (error) {
        this.#failWith(error);
      }
    }
  }

  #failWith(error: unknown): void {
    const before = this.exitStatus;
    this.fail(error);
    if (before !== 0) this.exitStatus = before;
    else if (error instanceof ContainerNotFoundError) this.exitStatus = NOT_FOUND;
    else if (error instanceof ContainerStateError) this.exitStatus = STILL_RUNS;
  }
}

/** Each container once, with those that require it. */
function withRequirers(host: ContainerHost, chosen: readonly Chosen[]): Chosen[] {
  const all = chosen.flatMap((each) => [
    each,
    ...requirersOf(host, each.container).map((container) => ({ container, asTyped: container.id })),
  ]);
  return all.filter(
    ({ container }, index) => all.findIndex((other) => other.container.id === container.id) === index,
  );
}
