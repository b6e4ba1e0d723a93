import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { formatAge, formatSize, renderReport, StoreCommand } from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";
import { encodedOf } from "@wherry/core/oci";

const STYLE = {
  name: "history",
  headings: { CreatedBy: "CREATED BY", CreatedSince: "CREATED" },
  format: "table {{.ID}} {{.CreatedSince}} {{.CreatedBy}} {{.Size}} {{.Comment}}",
};

export default class History extends StoreCommand {
  static override summary = "Show the steps by which an image was made, the newest first";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app",
    "<%= config.bin %> <%= command.id %> --no-trunc --format '{{.CreatedBy}}' app",
  ];
  static override args = { image: stringArg({ required: true, description: "image" }) };
  static override flags = {
    format: string({ helpValue: "template", description: "Print each step by a Go template, or json" }),
    "no-trunc": boolean({ description: "Do not truncate output" }),
    noheading: boolean({ char: "n", description: "Do not print column headings" }),
    quiet: boolean({ char: "q", description: "Display only the image's ID" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(History);
    const { images } = this.engine.store;
    const image = await getStored(this.engine, args.image);
    const id = encodedOf(image.id);
    const { history = [] } = images.readConfig(image);
    const { layers } = images.readManifest(image).content;
    let next = 0;
    const steps = history.map((step) => ({
      step,
      size: step.empty_layer === true ? 0 : (layers[next++]?.size ?? 0),
    }));
    const now = this.invocation.now();
    const rows = steps.reverse().map(({ step, size }, index) => ({
      ID: index > 0 ? "<missing>" : flags["no-trunc"] ? id : id.slice(0, 12),
      Created: step.created ?? "",
      CreatedAt: step.created ?? "",
      CreatedSince: step.created === undefined ? "" : formatAge(step.created, now),
      CreatedBy: cut(step.created_by ?? "", flags["no-trunc"] || flags.format !== undefined),
      Size: formatSize(size),
      Comment: step.comment ?? "",
    }));
    if (flags.quiet) this.log(flags["no-trunc"] ? id : id.slice(0, 12));
    else this.print(renderReport(rows, STYLE, { format: flags.format, noHeading: flags.noheading }));
  }
}

function cut(text: string, whole: boolean): string {
  return whole || text.length <= 45 ? text : `${text.slice(0, 42)}...`;
}
