import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError, type CommandInput } from "@wherry/core/cli";
import { updateContainer, type ContainerChanges } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { parseLimit } from "@wherry/core/spec";
import { chooseContainer } from "../container/choose-containers.ts";
import { healthFlags } from "../container/health-flags.ts";
import { checkHealthLog, healthOptions } from "../container/health-options.ts";
import { parseRestartPolicy } from "../container/lifecycle-options.ts";
import { resourceFlags } from "../container/limit-flags.ts";
import { parseLimits } from "../container/limit-options.ts";
import { readEnv } from "../container/read-pairs.ts";

export default class Update extends StoreCommand {
  static override summary = "Update the settings of an existing container";
  static override description = `Changes limits, health checks and restart policy of a running container at once, of a stopped one when it starts next;
environment and ulimits are those of programs which start from now on. What is not named stays as it is. Prints the container's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --memory 512m --cpus 1.5 web",
    "<%= config.bin %> <%= command.id %> --pids-limit 100 --latest",
    "<%= config.bin %> <%= command.id %> --restart on-failure:3 --health-interval 10s web",
    "<%= config.bin %> <%= command.id %> --ulimit nofile=1024:2048 web",
  ];
  static override args = { container: stringArg({ description: "container to change; not with --latest" }) };
  static override flags = {
    ...resourceFlags,
    ...healthFlags,
    env: string({
      char: "e",
      multiple: true,
      helpValue: "NAME[=VALUE]",
      description: "Set an environment variable, for programs that start from now on",
    }),
    latest: boolean({ char: "l", description: "The container created last" }),
    restart: string({
      helpValue: "POLICY",
      description: "Start again at the end: no, always, on-failure[:n], unless-stopped",
    }),
    ulimit: string({
      multiple: true,
      helpValue: "NAME=SOFT[:HARD]",
      description: "Set a limit, such as nofile=1024:2048, for programs that start from now on",
    }),
    unsetenv: string({
      multiple: true,
      helpValue: "NAME",
      description: "Take a variable out of its environment",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Update);
    if (flags.latest && args.container !== undefined)
      throw new UsageError("--latest and containers cannot be used together");
    const changes = this.#changes(flags);
    if (Object.keys(changes).length === 0) throw new UsageError("must specify at least one thing to change");
    const host = containerHost(this.engine);
    const container = chooseContainer(host, args.container, flags.latest);
    if (container.config.autoRemove && changes.restart !== undefined && changes.restart.name !== "no")
      throw new UsageError(
        'the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"',
      );
    await updateContainer(host, container, changes);
    this.log(container.id);
  }

  #changes(flags: UpdateFlags): ContainerChanges {
    const { env, restart, ulimit, unsetenv } = flags;
    const limits = parseLimits(flags);
    const health = healthOptions(flags, process.cwd());
    checkHealthLog(this.engine, flags);
    return {
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      ...(restart === undefined ? {} : { restart: parseRestartPolicy(restart) }),
      ...(health === undefined ? {} : { health }),
      ...(env === undefined ? {} : { env: readEnv(env, [], this.engine.host.env) }),
      ...(unsetenv === undefined ? {} : { unsetEnv: unsetenv }),
      ...(ulimit === undefined ? {} : { rlimits: ulimit.map(parseLimit) }),
    };
  }
}

type UpdateFlags = CommandInput<typeof Update>["flags"];
