import { setTimeout as sleep } from "node:timers/promises";
import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { isJson, renderReport, StoreCommand, UsageError } from "@wherry/core/cli";
import { listContainers, measureUsage, type Container, type Usage } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { sourceText, STATS_STYLE, statsJson, statsRow, type Sample } from "../container/stats-rows.ts";

const CLEAR = "\x1b[2J\x1b[H";

export default class Stats extends StoreCommand {
  static override summary = "Display a live stream of what containers use";
  static override description = `Of the containers named, or of all that run. The numbers come from the container's cgroup (version 2); those of a
controller that it does not have are added up from /proc. Which come from where is told on standard error, and by {{.Source}}.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}}'",
    "<%= config.bin %> <%= command.id %> --no-stream --format json",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Containers that do not run too" }),
    format: string({ helpValue: "FORMAT", description: "Format the output to JSON or a Go template" }),
    interval: integer({
      char: "i",
      min: 1,
      default: 5,
      helpValue: "SECONDS",
      description: "Time between two reports (default 5)",
    }),
    latest: choiceFlags.latest,
    "no-reset": boolean({ description: "Do not clear the screen between reports" }),
    "no-stream": boolean({ description: "Report once, then end" }),
    "no-trunc": boolean({ description: "Do not shorten IDs" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Stats);
    const names = args.containers ?? [];
    if (flags.all && (names.length > 0 || flags.latest))
      throw new UsageError("--all, --latest and containers cannot be used together");
    const { signal } = this.invocation;
    let before = new Map<string, Usage>();
    let isTold = false;
    for (let isFirst = true; ; isFirst = false) {
      const samples = this.#chosen(names, flags).map((container): Sample => {
        const usage = measureUsage(containerHost(this.engine), container);
        return { container, usage, before: before.get(container.id) };
      });
      if (!isTold && flags.format === undefined) isTold = this.#tellSource(samples);
      if (!flags["no-stream"] && !flags["no-reset"] && process.stdout.isTTY) this.print(CLEAR);
      const style =
        isFirst || flags.format === undefined ? flags.format : flags.format.replace(/^table\s+/, "");
      this.#show(samples, style, !flags["no-trunc"]);
      if (flags["no-stream"]) return;
      before = new Map(
        samples.flatMap(({ container, usage }) => (usage === undefined ? [] : [[container.id, usage]])),
      );
      await sleep(flags.interval * 1000, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  #chosen(names: readonly string[], { all, latest }: { all: boolean; latest: boolean }): Container[] {
    const host = containerHost(this.engine);
    if (names.length > 0 || latest)
      return chooseContainers(host, { names, latest }).map(({ container }) => container);
    return listContainers(host)
      .filter(({ state }) => all || state.status === "running")
      .map(({ container }) => container);
  }

  #tellSource(samples: readonly Sample[]): boolean {
    const usage = samples.find((sample) => sample.usage !== undefined)?.usage;
    if (usage === undefined) return false;
    this.invocation.err(`${sourceText(usage)}\n`);
    return true;
  }

  #show(samples: readonly Sample[], format: string | undefined, truncate: boolean): void {
    const rows = samples.map((sample) => statsRow(sample, truncate));
    if (format !== undefined && isJson(format))
      this.print(renderReport(rows, STATS_STYLE, { format: "json", json: () => rows.map(statsJson) }));
    else this.print(renderReport(rows, STATS_STYLE, { format }));
  }
}
