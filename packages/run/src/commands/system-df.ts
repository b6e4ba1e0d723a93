import { boolean, string } from "@oclif/core/flags";
import { formatSize, renderReport, StoreCommand, UsageError, type ReportStyle } from "@wherry/core/cli";
import { measureStore, type Measured, type StoreMeasure } from "../prune/measure-store.ts";

const STYLE: ReportStyle = {
  name: "df",
  type: "*system.dfSummary",
  headings: {},
  format: "table {{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
};

export default class SystemDf extends StoreCommand {
  static override summary = "Show disk usage of the store";
  static override description = `Counts what is on the disk: images with their unpacked layers, each layer once; containers with what they wrote and
their logs; volumes; and the rest of the store, such as blobs that nobody uses, which system prune removes.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --verbose",
    "<%= config.bin %> <%= command.id %> --format '{{.Type}} {{.RawSize}}'",
  ];
  static override flags = {
    format: string({ helpValue: "FORMAT", description: "Format the output to JSON or a Go template" }),
    verbose: boolean({ char: "v", description: "Show each image, container and volume" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(SystemDf);
    if (flags.verbose && flags.format !== undefined)
      throw new UsageError("cannot combine --format and --verbose flags");
    const measure = await measureStore(this.engine);
    if (flags.verbose) {
      const { dfTables } = await import("../prune/df-tables.ts");
      this.print(dfTables(measure, this.invocation.now()));
      return;
    }
    this.print(renderReport(rowsOf(measure), STYLE, { format: flags.format }));
  }
}

function rowsOf({ images, containers, volumes, imagesSize, total }: StoreMeasure): Record<string, unknown>[] {
  const sum = (items: readonly Measured[]): number => items.reduce((all, { size }) => all + size, 0);
  const idle = (items: readonly Measured[]): number =>
    items.reduce((all, { unique, isActive }) => all + (isActive ? 0 : unique), 0);
  const row = (type: string, items: readonly Measured[], size: number) => {
    const reclaimable = idle(items);
    const percent = size === 0 ? 0 : Math.round((reclaimable / size) * 100);
    return {
      Type: type,
      Total: items.length,
      TotalCount: items.length,
      Active: items.filter(({ isActive }) => isActive).length,
      Size: formatSize(size, "", 4),
      RawSize: size,
      Reclaimable: `${formatSize(reclaimable, "", 4)} (${percent}%)`,
      RawReclaimable: reclaimable,
    };
  };
  const rest = Math.max(0, total - imagesSize - sum(containers) - sum(volumes));
  return [
    row("Images", images, imagesSize),
    row("Containers", containers, sum(containers)),
    row("Local Volumes", volumes, sum(volumes)),
    {
      Type: "Other",
      Total: 0,
      TotalCount: 0,
      Active: 0,
      Size: formatSize(rest, "", 4),
      RawSize: rest,
      Reclaimable: "",
      RawReclaimable: 0,
    },
  ];
}
