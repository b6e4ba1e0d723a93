import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { isatty } from "node:tty";
import { Phases, StoreCommand, UsageError } from "@wherry/core/cli";
import { preservedFds, runInForeground, startDetached } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { monotonicMs } from "@wherry/core/io";
import { attachFlags, creationFlags, descriptorFlags } from "../container/flags.ts";
import { forgetId, newContainer } from "../container/new-container.ts";
import { readNumbers } from "../container/read-numbers.ts";
import { pointToWhy } from "../container/point-to-why.ts";
import { removeOwnImage } from "../container/remove-own-image.ts";
import { tellOfLogout } from "../session/logout.ts";
import { detachKeys, NOT_A_TERMINAL, ownStreams, parseStreams } from "../container/streams.ts";

export default class Run extends StoreCommand {
  static override readonly interspersed = false;
  static override summary = "Run a command in a new container";
  static override description = `The image is pulled if it is not here. The exit status is that of the command; 125 when the container could not
be made, 126 when the command could not be executed, 127 when it was not found.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --rm -it docker.io/library/alpine sh",
    "<%= config.bin %> <%= command.id %> -d --name web -p 8080:80 -v ./site:/usr/share/nginx/html:ro docker.io/library/nginx",
    "<%= config.bin %> <%= command.id %> --rm --network none --read-only --tmpfs /tmp alpine id",
    "<%= config.bin %> <%= command.id %> -d --timeout 60 --pidfile /tmp/job.pid alpine sleep 1000",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image to run" }),
    command: stringArg({ multiple: true, description: "command and arguments instead of the image's" }),
  };
  static override flags = {
    ...creationFlags,
    ...attachFlags,
    ...descriptorFlags,
    detach: boolean({ char: "d", description: "Run in the background and print the container's ID" }),
    timing: boolean({ description: "Print at the end, on standard error, what took how long" }),
  };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Run);
    if (flags["log-driver"] === "passthrough" && [0, 1, 2].some((fd) => isatty(fd)))
      throw new UsageError("the '--log-driver passthrough' option cannot be used on a TTY");
    if (flags.tty && flags.interactive && !flags.detach && !process.stdin.isTTY) this.warn(NOT_A_TERMINAL);
    if (flags.detach && flags.attach !== undefined)
      throw new UsageError("--attach and --detach cannot be set together");
    const preserved = preservedFds({
      count: flags["preserve-fds"],
      numbers: readNumbers(flags["preserve-fd"]),
    });
    const attach = flags.attach === undefined ? undefined : parseStreams(flags.attach);
    const keys = detachKeys(this.engine, flags);
    const phases = flags.timing ? new Phases(monotonicMs) : undefined;
    phases?.end("start-up");
    const container = await newContainer(this.engine, this.invocation, flags, positionals, phases);
    const host = {
      ...containerHost(this.engine, (message) => void this.warn(message)),
      ...(phases === undefined ? {} : { onPhase: phases.end.bind(phases) }),
    };
    const explain = (error: unknown): never => {
      throw pointToWhy(error, container, this.invocation.calledAs);
    };
    if (flags.detach) {
      const { signal } = this.invocation;
      await startDetached(host, container, { isNew: true, preservedFds: preserved, signal }).catch(explain);
      this.log(container.id);
      tellOfLogout(this.engine, (message) => void this.warn(message));
      this.#tell(phases);
      return;
    }
    this.invocation.releaseSignals();
    const { exitCode, isDetached } = await runInForeground(host, container, {
      ...ownStreams({ interactive: flags.interactive, detachKeys: keys, attach }),
      isNew: true,
      preservedFds: preserved,
      sigProxy: flags["sig-proxy"] && !flags.tty,
    }).catch(explain);
    if (container.config.autoRemove && !isDetached) forgetId(flags.cidfile);
    if (!isDetached) await removeOwnImage(this.engine, container);
    this.exitStatus = exitCode;
    this.#tell(phases);
  }

  #tell(phases: Phases | undefined): void {
    if (phases !== undefined) this.invocation.err(phases.report());
  }
}
