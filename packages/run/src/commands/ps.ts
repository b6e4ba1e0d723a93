import { setTimeout as sleep } from "node:timers/promises";
import { boolean, integer, string } from "@oclif/core/flags";
import { renderReport, StoreCommand, UsageError, type ReportStyle } from "@wherry/core/cli";
import { listContainers, type ListedContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { asksForState, containerFilter } from "../container/container-filters.ts";
import { containerJson, containerRow, type RowDetails } from "../container/container-rows.ts";
import { isSortKey, SORT_KEYS, sortContainers } from "../container/sort-containers.ts";

const STYLE: ReportStyle = {
  name: "ps",
  type: "containers.psReporter",
  headings: {
    ...{ ID: "CONTAINER ID", RunningFor: "CREATED", CreatedHuman: "CREATED", ImageID: "IMAGE ID" },
    ...{ PIDNS: "PIDNS", CGROUPNS: "CGROUPNS", USERNS: "USERNS", PodName: "POD NAME" },
  },
  format: "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
};
const NAMESPACES =
  "table {{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.CGROUPNS}}\t{{.IPC}}\t{{.MNT}}\t{{.NET}}\t{{.PIDNS}}\t{{.USERNS}}\t{{.UTS}}";
/** Clears a terminal and goes to its upper left corner. */
const CLEAR = "\x1b[H\x1b[2J";

export default class Ps extends StoreCommand {
  static override aliases = ["container ls", "container list", "container ps"];
  static override summary = "List containers";
  static override description = "Those that run; with --all the others too.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -a",
    "<%= config.bin %> <%= command.id %> --filter status=exited --format '{{.Names}} {{.Status}}'",
    "<%= config.bin %> <%= command.id %> --format json",
    "<%= config.bin %> <%= command.id %> --size --watch 2",
  ];
  static override flags = {
    all: boolean({ char: "a", description: "Show all the containers, not only those that run" }),
    external: boolean({ description: "Show the working containers of wherry-build too" }),
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description:
        "Filter output: id, name, status, exited, label, ancestor, volume, network, before, since, until, health, restart-policy, should-start-on-boot, command",
    }),
    format: string({
      helpValue: "FORMAT",
      description: "Pretty-print containers to JSON or using a Go template",
    }),
    last: integer({
      char: "n",
      min: -1,
      default: -1,
      helpValue: "NUMBER",
      description: "Show the last containers created, in whatever state",
    }),
    latest: boolean({ char: "l", description: "Show the container created last, in whatever state" }),
    "no-trunc": boolean({ description: "Do not shorten IDs and commands" }),
    noheading: boolean({ description: "Do not print headings" }),
    ns: boolean({ description: "Show the namespaces of the containers" }),
    quiet: boolean({ char: "q", description: "Print only the IDs of the containers" }),
    size: boolean({ char: "s", description: "Show the sizes of the containers' files" }),
    sort: string({
      options: [...SORT_KEYS],
      default: "created",
      helpValue: "KEY",
      description: `Sort by ${SORT_KEYS.join(", ")}`,
    }),
    sync: boolean({ description: "Accepted: states are always read from the kernel" }),
    watch: integer({
      char: "w",
      min: 1,
      helpValue: "SECONDS",
      description: "Show the list again at this interval, until Ctrl-C",
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Ps);
    if (flags.latest && flags.last >= 0) throw new UsageError("last and latest are mutually exclusive");
    if (flags.quiet && flags.size) throw new UsageError("quiet and size cannot be set together");
    if (flags.size && flags.ns) throw new UsageError("size and namespace options conflict");
    await this.#show(flags);
    while (flags.watch !== undefined) {
      await sleep(flags.watch * 1000, undefined, { signal: this.invocation.signal });
      await this.#show(flags);
    }
  }

  async #show(flags: ListFlags): Promise<void> {
    const listed = listContainers(containerHost(this.engine));
    const now = this.invocation.now();
    const details = await this.#details(choose(listed, flags, now), flags);
    const chosen = sortContainers(details, isSortKey(flags.sort) ? flags.sort : "created");
    const clear = flags.watch === undefined || !isTerminal() ? "" : CLEAR;
    this.print(clear + (await this.#report(chosen, flags, now)));
  }

  async #report(chosen: readonly Shown[], flags: ListFlags, now: Date): Promise<string> {
    const truncate = !flags["no-trunc"];
    const working = flags.external ? await this.#working(truncate, now) : { rows: [], json: [] };
    const rows = [...chosen.map((each) => containerRow(each.listed, now, truncate, each)), ...working.rows];
    if (flags.quiet && flags.format === undefined) return rows.map(({ ID }) => `${String(ID)}\n`).join("");
    const json = () => [...chosen.map((each) => containerJson(each.listed, now, each)), ...working.json];
    const usual = flags.ns ? NAMESPACES : flags.size ? `${STYLE.format}\t{{.Size}}` : undefined;
    return renderReport(rows, STYLE, {
      format: flags.format ?? usual,
      noHeading: flags.noheading,
      json,
    });
  }

  /** Sizes and namespaces, where something asks for them: looking at files and processes takes its time. */
  async #details(
    chosen: readonly ListedContainer[],
    { ns, size, sort, format = "" }: ListFlags,
  ): Promise<Shown[]> {
    const wantsSize = size || sort === "size" || /\.Size\b/.test(format);
    const wantsNamespaces = ns || /\.(?:Namespaces|CGROUPNS|IPC|MNT|NET|PIDNS|USERNS|UTS)\b/.test(format);
    if (!wantsSize && !wantsNamespaces) return chosen.map((listed) => ({ listed }));
    const { namespacesOf, sizeOfContainer } = await import("../container/row-details.ts");
    const shown: Shown[] = [];
    for (const listed of chosen) {
      const namespaces = wantsNamespaces
        ? { namespaces: namespacesOf(listed, this.engine.host.procRoot) }
        : {};
      const sized = wantsSize ? { size: await sizeOfContainer(this.engine, listed) } : {};
      shown.push({ listed, ...namespaces, ...sized });
    }
    return shown;
  }

  async #working(truncate: boolean, now: Date) {
    const { workingJson, workingRow } = await import("../container/working-rows.ts");
    const records = this.engine.store.working.list();
    return {
      rows: records.map((record) => workingRow(record, now, truncate)),
      json: records.map((record) => workingJson(record, now)),
    };
  }
}

interface Shown extends RowDetails {
  readonly listed: ListedContainer;
}

interface ListFlags {
  readonly all: boolean;
  readonly external: boolean;
  readonly format?: string | undefined;
  readonly latest: boolean;
  readonly last: number;
  readonly filter?: readonly string[] | undefined;
  readonly "no-trunc": boolean;
  readonly noheading: boolean;
  readonly ns: boolean;
  readonly quiet: boolean;
  readonly size: boolean;
  readonly sort?: string | undefined;
  readonly watch?: number | undefined;
}

function choose(listed: readonly ListedContainer[], flags: ListFlags, now: Date): ListedContainer[] {
  const { filter = [], latest } = flags;
  const last = latest ? 1 : flags.last;
  const all = flags.all || last > 0 || asksForState(filter);
  const fits = containerFilter(filter, { listed, now });
  const chosen = listed.filter((each) => (all || each.state.status === "running") && fits(each));
  return last > 0 ? chosen.slice(-last).reverse() : chosen;
}

function isTerminal(): boolean {
  return process.getBuiltinModule("node:tty").isatty(1);
}
