import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import {
  execDetached,
  execInContainer,
  execOnTerminal,
  preservedFds,
  type ExecOptions,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer, chooseContainers } from "../container/choose-containers.ts";
import { checkFolder } from "../container/check-folder.ts";
import { choiceFlags, descriptorFlags, detachFlags } from "../container/flags.ts";
import { readNumbers } from "../container/read-numbers.ts";
import { readEnv } from "../container/read-pairs.ts";
import { detachKeys, NOT_A_TERMINAL, ownStreams } from "../container/streams.ts";

export default class Exec extends StoreCommand {
  static override readonly interspersed = false;
  static override readonly arity = "exec requires the name or ID of a container or the --latest flag";
  static override summary = "Run a command in a running container";
  static override description = `The exit status is that of the command; 126 when it could not be executed, 127 when it was not found. Ctrl-p Ctrl-q
lets go of a command that has a terminal (-it): it goes on in the container, and the exit status is 0.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> -it web sh",
    "<%= config.bin %> <%= command.id %> -u nobody -w /tmp -e A=b web env",
    "<%= config.bin %> <%= command.id %> -it --detach-keys ctrl-x,x web top",
  ];
  static override args = {
    container: stringArg({
      required: true,
      description: "container to run it in; not with --latest or --cidfile",
    }),
    command: stringArg({ multiple: true, description: "command and arguments" }),
  };
  static override flags = {
    cidfile: string({ helpValue: "FILE", description: "Read the container's ID from the file" }),
    detach: boolean({ char: "d", description: "Run in the background" }),
    ...detachFlags,
    env: string({
      char: "e",
      multiple: true,
      helpValue: "NAME[=VALUE]",
      description: "Set an environment variable",
    }),
    "env-file": string({
      multiple: true,
      helpValue: "FILE",
      description: "Read environment variables from a file",
    }),
    interactive: boolean({ char: "i", description: "Keep standard input open" }),
    latest: choiceFlags.latest,
    "no-session": boolean({ description: "Accepted; an exec that is waited for is never written down" }),
    ...descriptorFlags,
    privileged: boolean({ description: "Give extended privileges (within your own)" }),
    tty: boolean({ char: "t", description: "Give the command a terminal" }),
    user: string({
      char: "u",
      helpValue: "USER[:GROUP]",
      description: "Run as this user: names or ids of the image",
    }),
    workdir: string({ char: "w", helpValue: "PATH", description: "Set the working directory" }),
  };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Exec);
    const isNamed = !flags.latest && flags.cidfile === undefined;
    const [name, rest] = isNamed ? [positionals[0], positionals.slice(1)] : [undefined, positionals];
    if (rest.length === 0) throw new UsageError("must provide a non-empty command to start an exec session");
    const host = containerHost(this.engine);
    const [ofFile] =
      flags.cidfile === undefined
        ? []
        : chooseContainers(host, { names: [], cidfile: [flags.cidfile], latest: flags.latest });
    const container = ofFile?.container ?? chooseContainer(host, name, flags.latest);
    const { tty, interactive, detach, user, workdir } = flags;
    checkFolder(workdir);
    const keys = detachKeys(this.engine, flags);
    if (tty && interactive && !detach && !process.stdin.isTTY) this.warn(NOT_A_TERMINAL);
    this.invocation.releaseSignals();
    const options: ExecOptions = {
      args: rest,
      env: readEnv(flags.env ?? [], flags["env-file"] ?? [], this.engine.host.env),
      ...(user === undefined ? {} : { user }),
      ...(workdir === undefined ? {} : { workingDir: workdir }),
      privileged: flags.privileged,
    };
    if (detach) {
      this.log(await execDetached(host, container, { ...options, terminal: tty }));
      return;
    }
    const preserved = preservedFds({
      count: flags["preserve-fds"],
      numbers: readNumbers(flags["preserve-fd"]),
    });
    if (tty) {
      const { isTTY, rows, columns } = process.stdout;
      const window = isTTY ? { rows, columns } : undefined;
      const streams = ownStreams({ interactive, detachKeys: keys });
      const session = { ...options, ...streams, window, preservedFds: preserved };
      this.exitStatus = await execOnTerminal(host, container, session);
      return;
    }
    const stdio = { stdin: interactive ? "inherit" : "ignore" } as const;
    this.exitStatus = await execInContainer(host, container, {
      ...options,
      stdio,
      preservedFds: preserved,
    });
  }
}
