import { readFileSync } from "node:fs";
import { join } from "node:path";
import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { alignColumns, StoreCommand, UsageError } from "@wherry/core/cli";
import {
  containerPids,
  containerState,
  ContainerStateError,
  execInContainer,
  idNames,
  readProcesses,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { DESCRIPTORS, topColumns } from "../container/top-columns.ts";

export default class Top extends StoreCommand {
  static override readonly interspersed = false;
  static override summary = "Display the running processes of a container";
  static override description = `Read from /proc, with ids as the container has them (user, pid) and as the host has them (huser, hpid). After the
container come names of columns, or options of ps(1), which is then run in the container.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> web pid user huser pcpu rss args",
    "<%= config.bin %> <%= command.id %> web -eo pid,comm",
  ];
  static override args = {
    words: stringArg({ multiple: true, description: "container, then columns or options of ps" }),
  };
  static override flags = {
    latest: choiceFlags.latest,
    "list-descriptors": boolean({ hidden: true, description: "Print the names of all columns" }),
  };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Top);
    if (flags["list-descriptors"]) {
      this.log(DESCRIPTORS.join("\n"));
      return;
    }
    const host = containerHost(this.engine);
    const [first, ...rest] = positionals;
    if (first === undefined && !flags.latest)
      throw new UsageError("you must provide the name or id of a running container");
    const names = flags.latest ? [] : [first ?? ""];
    const words = flags.latest ? positionals : rest;
    const [chosen] = chooseContainers(host, { names, latest: flags.latest });
    if (chosen === undefined) throw new UsageError("you must provide the name or id of a running container");
    const { container } = chosen;
    if (words[0]?.startsWith("-") === true) {
      this.exitStatus = await execInContainer(host, container, { args: ["ps", ...words] });
      return;
    }
    const columns = topColumns(words);
    const state = containerState(host, container);
    if (state.status !== "running")
      throw new ContainerStateError("list the processes of", container.name, state.status, "start it first");
    const meminfo = readFileSync(join(host.procRoot, "meminfo"), "latin1");
    const memory = Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1]) * 1024;
    const context = { ...idNames(host, container), memory, now: this.invocation.now() };
    const lines = [
      columns.map(({ heading }) => heading),
      ...readProcesses(host.procRoot, containerPids(host.procRoot, state)).map((process) =>
        columns.map(({ value }) => value(process, context).replaceAll(/[\t\n\r]/g, " ")),
      ),
    ];
    this.print(alignColumns(lines.map((cells) => `${cells.join("\t")}\n`).join("")));
  }
}
