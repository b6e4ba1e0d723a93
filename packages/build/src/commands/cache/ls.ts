import { boolean, string } from "@oclif/core/flags";
import { formatAge, formatSize, renderReport, StoreCommand } from "@wherry/core/cli";
import { cacheRecords, type CacheRecord } from "../../cache/cache-records.ts";

export default class CacheLs extends StoreCommand {
  static override summary = "List what the build cache keeps";
  static override description = `Lists results of steps and the folders of RUN --mount=type=cache, what was used last first.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    '<%= config.bin %> <%= command.id %> --format "{{.Size}} {{.Text}}"',
  ];
  static override flags = {
    format: string({ helpValue: "template", description: "Print each entry by a Go template, or json" }),
    "no-trunc": boolean({ description: "Do not truncate output" }),
    noheading: boolean({ char: "n", description: "Do not print column headings" }),
    quiet: boolean({ char: "q", description: "Print only the keys" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(CacheLs);
    const { store } = this.engine;
    const records = await cacheRecords(store, () => this.engine.worker());
    if (flags.quiet) {
      for (const { key } of records) this.log(key);
      return;
    }
    const rows = records.map((record) => rowOf(record, flags["no-trunc"], this.invocation.now()));
    const style = {
      name: "cache ls",
      headings: { CreatedAt: "CREATED", UsedAt: "LAST USED", Text: "STEP" },
      format: "table {{.Key}} {{.Kind}} {{.Size}} {{.CreatedAt}} {{.UsedAt}} {{.Text}}",
    };
    this.print(renderReport(rows, style, { format: flags.format, noHeading: flags.noheading }));
  }
}

function rowOf({ kind, key, text, size, created, used }: CacheRecord, whole: boolean, now: Date) {
  const [first = ""] = text.split("\n");
  return {
    Key: whole ? key : key.replace(/^sha256:/, "").slice(0, 12),
    Kind: kind,
    Size: formatSize(size),
    SizeBytes: size,
    CreatedAt: formatAge(created, now),
    Created: created.toISOString(),
    UsedAt: formatAge(used, now),
    Used: used.toISOString(),
    Text: whole || first.length <= 60 ? first : `${first.slice(0, 57)}...`,
  };
}
