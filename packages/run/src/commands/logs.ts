import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { parseMoment, StoreCommand } from "@wherry/core/cli";
import { readLogs, type Container, type LogEntry, type LogsOptions } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { LogLines } from "../container/log-lines.ts";

/** Of a terminal, one for each container. */
const COLORS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];

export default class Logs extends StoreCommand {
  static override summary = "Fetch the logs of one or more containers";
  static override description =
    "What the container wrote to standard output and error goes to ours; of several containers with the ID before each line.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --follow web",
    "<%= config.bin %> <%= command.id %> --tail 20 --timestamps web",
    "<%= config.bin %> <%= command.id %> --since 10m --names web db",
  ];
  static override args = {
    containers: stringArg({ multiple: true, description: "containers whose logs to print" }),
  };
  static override flags = {
    color: boolean({ description: "Show the names of several containers in different colors" }),
    follow: boolean({ char: "f", description: "Go on with what the container writes" }),
    latest: choiceFlags.latest,
    names: boolean({
      char: "n",
      description: "Put the container's name before each line, instead of its ID",
    }),
    since: string({
      helpValue: "TIME",
      description: "Only what was written since: a time, or how long ago (10m)",
    }),
    tail: integer({ default: -1, helpValue: "NUMBER", description: "Only the last lines (default all)" }),
    timestamps: boolean({ char: "t", description: "Put the time before each line" }),
    until: string({ helpValue: "TIME", description: "Only what was written until: a time, or how long ago" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Logs);
    const host = containerHost(this.engine);
    const chosen = chooseContainers(host, { names: args.containers ?? [], latest: flags.latest });
    const { now: clock } = this.invocation;
    const now = clock();
    const options: LogsOptions = {
      follow: flags.follow,
      now: clock,
      signal: this.invocation.signal,
      ...(flags.tail < 0 ? {} : { tail: flags.tail }),
      ...(flags.since === undefined ? {} : { since: parseMoment(flags.since, now) }),
      ...(flags.until === undefined ? {} : { until: parseMoment(flags.until, now) }),
    };
    const lines = chosen.map(({ container }, index) => {
      const shown = flags.names ? container.name : container.id.slice(0, 12);
      const name = chosen.length > 1 ? shown : undefined;
      const colored =
        name !== undefined && flags.color
          ? `\x1b[${COLORS[index % COLORS.length] ?? 0}m${name}\x1b[0m`
          : name;
      return { container, lines: new LogLines({ name: colored, timestamps: flags.timestamps }) };
    });
    const print = async ({ container, lines: format }: { container: Container; lines: LogLines }) => {
      for await (const entry of readLogs(host, container, options)) this.#write(entry, format);
    };
    if (flags.follow) await Promise.all(lines.map(print));
    else for (const each of lines) await print(each);
    this.invocation.signal.throwIfAborted();
  }

  #write(entry: LogEntry, format: LogLines): void {
    const bytes = format.format(entry);
    if (entry.stream === "stdout") this.invocation.out(bytes);
    else process.stderr.write(bytes); // synchronous, as all writes of a process to its standard error are
  }
}
