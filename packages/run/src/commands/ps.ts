import { boolean, integer, string } from "@oclif/core/flags";
import { renderReport, StoreCommand, UsageError, type ReportStyle } from "@wherry/core/cli";
import { listContainers, type ListedContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { asksForState, containerFilter } from "../container/container-filters.ts";
import { containerJson, containerRow } from "../container/container-rows.ts";

const STYLE: ReportStyle = {
  name: "ps",
  headings: { ID: "CONTAINER ID", RunningFor: "CREATED", CreatedHuman: "CREATED", ImageID: "IMAGE ID" },
  format: "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
};

const SORT_KEYS = ["command", "created", "id", "image", "names", "status"] as const;

export default class Ps extends StoreCommand {
  static override aliases = ["container ls", "container list", "container ps"];
  static override summary = "List containers";
  static override description = "Those that run; with --all the others too.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -a",
    "<%= config.bin %> <%= command.id %> --filter status=exited --format '{{.Names}} {{.Status}}'",
    "<%= config.bin %> <%= command.id %> --format json",
  ];
  static override flags = {
    all: boolean({ char: "a", description: "Show all the containers, not only those that run" }),
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description:
        "Filter output: id, name, status, exited, label, ancestor, volume, network, before, since, until",
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
    quiet: boolean({ char: "q", description: "Print only the IDs of the containers" }),
    sort: string({
      options: [...SORT_KEYS],
      default: "created",
      helpValue: "KEY",
      description: "Sort by command, created, id, image, names or status",
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Ps);
    if (flags.quiet && flags.format !== undefined)
      throw new UsageError("quiet and format cannot be set together");
    const listed = listContainers(containerHost(this.engine));
    const now = this.invocation.now();
    const chosen = sorted(choose(listed, flags, now), flags.sort);
    const truncate = !flags["no-trunc"];
    if (flags.quiet) {
      for (const { container } of chosen) this.log(truncate ? container.id.slice(0, 12) : container.id);
      return;
    }
    const rows = chosen.map((each) => containerRow(each, now, truncate));
    const json = () => chosen.map((each) => containerJson(each, now));
    this.print(renderReport(rows, STYLE, { format: flags.format, noHeading: flags.noheading, json }));
  }
}

interface ListFlags {
  readonly all: boolean;
  readonly latest: boolean;
  readonly last: number;
  readonly filter?: readonly string[] | undefined;
}

function choose(listed: readonly ListedContainer[], flags: ListFlags, now: Date): ListedContainer[] {
  const { filter = [], latest } = flags;
  const last = latest ? 1 : flags.last;
  const all = flags.all || last > 0 || asksForState(filter);
  const fits = containerFilter(filter, { listed, now });
  const chosen = listed.filter((each) => (all || each.state.status === "running") && fits(each));
  return last > 0 ? chosen.slice(-last).reverse() : chosen;
}

function sorted(chosen: ListedContainer[], key: string): ListedContainer[] {
  const sortKey = SORT_KEYS.find((known) => known === key);
  if (sortKey === undefined || sortKey === "created") return chosen;
  const valueOf = ({ container, state }: ListedContainer): string => {
    const { id, imageName, name, config } = container;
    return { command: config.args.join(" "), id, image: imageName, names: name, status: state.status }[
      sortKey
    ];
  };
  return chosen.sort((left, right) => (valueOf(left) < valueOf(right) ? -1 : 1));
}
