import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  formatAge,
  formatSize,
  GoTime,
  renderReport,
  StoreCommand,
  type ReportStyle,
} from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";

const STYLE: ReportStyle = {
  name: "history",
  type: "images.historyReporter",
  headings: { CreatedBy: "CREATED BY" },
  format: "table {{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
};
const WIDTH = 44;

export default class History extends StoreCommand {
  static override summary = "Show history of a specified image";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0",
    "<%= config.bin %> <%= command.id %> --no-trunc --format '{{.CreatedBy}}' app:1.0",
  ];
  static override args = { image: stringArg({ required: true, description: "image" }) };
  static override flags = {
    format: string({ helpValue: "FORMAT", description: "Change the output format to JSON or a Go template" }),
    human: boolean({
      char: "H",
      default: true,
      allowNo: true,
      description: "Show sizes and dates for people (default true)",
    }),
    "no-trunc": boolean({ description: "Do not truncate the output" }),
    quiet: boolean({ char: "q", description: "Show only the IDs" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(History);
    const { store } = this.engine;
    const image = await getStored(this.engine, args.image);
    const config = store.images.readConfig(image);
    const blobs = store.images.readManifest(image).content.layers;
    let layer = 0;
    const entries = (config.history ?? []).map((entry) => {
      const index = entry.empty_layer === true ? -1 : layer++;
      const diffId = image.diffIds[index];
      const size = diffId === undefined ? 0 : (store.layers.sizeOf(diffId) ?? blobs[index]?.size ?? 0);
      return { ...entry, size };
    });
    const newestFirst = entries.reverse();
    const id = image.id.replace("sha256:", "");
    const shown = newestFirst.map((entry, index) => {
      const created = entry.created ?? image.created;
      const by = (entry.created_by ?? "").replaceAll(/\s+/g, " ");
      const human = { Created: formatAge(created, this.invocation.now()), Size: formatSize(entry.size) };
      return {
        ID: index > 0 ? "<missing>" : flags["no-trunc"] ? id : id.slice(0, 12),
        CreatedBy: flags["no-trunc"] || by.length <= WIDTH ? by : `${by.slice(0, WIDTH - 3)}...`,
        CreatedAt: new GoTime(created),
        CreatedSince: human.Created,
        Comment: entry.comment ?? "",
        Tags: index === 0 ? image.names : [],
        ...(flags.human ? human : { Created: created, Size: entry.size }),
      };
    });
    if (flags.quiet) {
      for (const { ID } of shown) this.log(ID);
      return;
    }
    const report = renderReport(shown, STYLE, {
      format: flags.format,
      json: () =>
        newestFirst.map((entry, index) => ({
          id: index === 0 ? id : "<missing>",
          created: entry.created ?? image.created,
          CreatedBy: entry.created_by ?? "",
          tags: index === 0 ? image.names : null,
          size: entry.size,
          comment: entry.comment ?? "",
          Created: (entry.created ?? image.created).replace(/\.\d+/, ""),
        })),
    });
    this.print(report);
  }
}
