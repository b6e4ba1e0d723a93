import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { formatAge, formatSize, goJson, imageFilter, renderReport, StoreCommand } from "@wherry/core/cli";
import { encodedOf } from "@wherry/core/oci";
import { parseReference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";

export default class Images extends StoreCommand {
  static override summary = "List images in local storage";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --quiet",
    '<%= config.bin %> <%= command.id %> --format "{{.Name}}:{{.Tag}}"',
  ];
  static override args = { image: stringArg({ description: "only this image" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Show all images (there are no hidden ones)" }),
    digests: boolean({ description: "Show digests" }),
    filter: string({
      char: "f",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEY=VALUE",
      description: "Filter output: dangling, label, reference, id, digest, before, since, until",
    }),
    history: boolean({ description: "Show the names that each image has had" }),
    format: string({ helpValue: "template", description: "Print each image by a Go template" }),
    json: boolean({ exclusive: ["format"], description: "Print JSON" }),
    "no-trunc": boolean({ description: "Do not truncate output" }),
    noheading: boolean({ char: "n", description: "Do not print column headings" }),
    quiet: boolean({ char: "q", description: "Display only image IDs" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Images);
    const { images } = this.engine.store;
    const all = images.list();
    const fits = imageFilter(flags.filter ?? [], {
      ...{ store: this.engine.store, images: all, now: this.invocation.now() },
    });
    const found = (args.image === undefined ? all : [images.get(args.image)]).filter(fits);
    if (flags.json) {
      this.log(goJson(found.map(jsonOf), "    "));
      return;
    }
    const rows = found.flatMap((image) => rowsOf(image, flags["no-trunc"], this.invocation.now()));
    if (flags.quiet) {
      for (const id of new Set(rows.map(({ ID }) => ID))) this.log(id);
      return;
    }
    const digest = flags.digests ? " {{.Digest}}" : "";
    const history = flags.history ? " {{.History}}" : "";
    const style = {
      name: "images",
      headings: { Name: "REPOSITORY", ID: "IMAGE ID", CreatedAt: "CREATED" },
      format: `table {{.Name}} {{.Tag}}${digest} {{.ID}} {{.CreatedAt}} {{.Size}}${history}`,
    };
    this.print(renderReport(rows, style, { format: flags.format, noHeading: flags.noheading }));
  }
}

function rowsOf(image: StoredImage, whole: boolean, now: Date) {
  const id = whole ? image.id : encodedOf(image.id).slice(0, 12);
  const common = {
    ID: id,
    Digest: image.manifest.digest,
    CreatedAt: formatAge(image.created, now),
    CreatedAtRaw: image.created,
    Size: formatSize(image.size),
    History: image.names.join(", "),
  };
  if (image.names.length === 0) return [{ Name: "<none>", Tag: "<none>", ...common }];
  return image.names.map((name) => {
    const { registry, repository, tag } = parseReference(name);
    return { Name: `${registry}/${repository}`, Tag: tag ?? "<none>", ...common };
  });
}

function jsonOf(image: StoredImage) {
  return {
    id: encodedOf(image.id),
    names: image.names,
    digest: image.manifest.digest,
    createdat: image.created,
    size: formatSize(image.size),
    created: Math.floor(Date.parse(image.created) / 1000),
    createdatraw: image.created,
    readonly: false,
    history: image.names,
  };
}
