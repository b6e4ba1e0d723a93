import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  imageFilter,
  isJson,
  renderReport,
  StoreCommand,
  UsageError,
  type ReportStyle,
} from "@wherry/core/cli";
import { findStored } from "@wherry/core/engine";
import { imageJson, imageRows, SORT_FIELDS, type SortField } from "../image/image-rows.ts";

const STYLE: ReportStyle = {
  name: "images",
  type: "images.imageReporter",
  headings: { ID: "IMAGE ID", CreatedSince: "CREATED", ReadOnly: "R/O" },
  format: "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
};
const HISTORY = "\t{{if .History}}{{.History}}{{else}}<none>{{end}}";
const WITH_DIGESTS = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";

export default class Images extends StoreCommand {
  static override summary = "List images in local storage";
  static override description = "The size is that of the image's files, unpacked.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
    "<%= config.bin %> <%= command.id %> --quiet --no-trunc",
  ];
  static override args = { image: stringArg({ description: "list only this image" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Show all images (there are no hidden ones)" }),
    digests: boolean({ description: "Show digests" }),
    filter: string({
      char: "f",
      multiple: true,
      description: "Filter output: dangling, label, reference, id, digest, containers, before, since, until",
    }),
    format: string({ description: "Change the output format to JSON or a Go template" }),
    history: boolean({ description: "Show all names that an image has had" }),
    noheading: boolean({ char: "n", description: "Do not print column headings" }),
    "no-trunc": boolean({ description: "Do not truncate output" }),
    sort: string({
      helpValue: "FIELD",
      description: `Sort by ${SORT_FIELDS.join(", ")}`,
    }),
    quiet: boolean({ char: "q", description: "Display only image IDs" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Images);
    const { sort } = flags;
    if (!isSortField(sort))
      throw new UsageError(
        `${JSON.stringify(sort)} is not a valid field for sorting. Choose from: size, tag, created, id, repository`,
      );
    const { store } = this.engine;
    const named = await this.#chosen(args.image);
    const now = this.invocation.now();
    const images = named.filter(imageFilter(flags.filter ?? [], { store, images: named, now }));
    const rows = imageRows(store, images, { now, sort, fullIds: flags["no-trunc"] });
    if (flags.quiet && !isJson(flags.format ?? "")) {
      for (const id of new Set(rows.map(({ ID }) => ID))) this.log(id);
      return;
    }
    const report = renderReport(rows, STYLE, {
      format: flags.format ?? tableOf(flags),
      noHeading: flags.noheading,
      json: () => imageJson(store, images),
    });
    this.print(report);
  }

  async #chosen(name: string | undefined) {
    if (name === undefined) return this.engine.store.images.list();
    const image = await findStored(this.engine, name);
    return image === undefined ? [] : [image];
  }
}

function tableOf({ digests, history }: { digests: boolean; history: boolean }): string | undefined {
  const table = digests ? WITH_DIGESTS : STYLE.format;
  return history ? `${table}${HISTORY}` : digests ? table : undefined;
}

function isSortField(text: string | undefined): text is SortField | undefined {
  return text === undefined || SORT_FIELDS.some((field) => field === text);
}
