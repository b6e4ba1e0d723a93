import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  anonymousFlags,
  goMap,
  GoTime,
  isJson,
  registryFlags,
  registryOptions,
  renderObject,
  type CommandInput,
} from "@wherry/core/cli";
import {
  imageHistory,
  imagePlatforms,
  imageSizes,
  inspectImage,
  readConfig,
  readManifest,
  type ReadOptions,
} from "@wherry/core/engine";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

const INDENT = "    ";

/** Tags in a summary: a list of all tags of a large repository takes minutes. `list-tags` gives them all. */
const TAG_LIMIT = 10_000;

export default class Inspect extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Inspect image IMAGE-NAME";
  static override description =
    "Prints low-level information about an image, without fetching its layers, in JSON or by a Go template";
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://quay.io/podman/hello",
    '<%= config.bin %> <%= command.id %> --format "{{.Name}}: {{.Digest}}" docker://quay.io/podman/hello',
    "<%= config.bin %> <%= command.id %> --config docker://quay.io/podman/hello",
    "<%= config.bin %> <%= command.id %> --raw oci:hello:latest",
    "<%= config.bin %> <%= command.id %> --platforms docker://docker.io/library/alpine",
    '<%= config.bin %> <%= command.id %> --sizes --format "{{.Total}}" docker://quay.io/podman/hello',
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    config: boolean({ description: "Output configuration" }),
    format: string({
      char: "f",
      exclusive: ["raw"],
      description: "Format the output to a Go template",
    }),
    history: boolean({
      exclusive: ["config", "raw", "platforms", "sizes"],
      description: "Output the steps of the image's making, each with its layer",
    }),
    "no-tags": boolean({
      char: "n",
      description: "Do not list the available tags from the repository in the output",
    }),
    platforms: boolean({
      exclusive: ["config", "raw", "sizes"],
      description: "Output the images of an index: platform, digest, size",
    }),
    raw: boolean({ description: "Output raw manifest or configuration" }),
    sizes: boolean({
      exclusive: ["config", "raw"],
      description: "Output what manifest, config and layers take where they are stored, and the total",
    }),
    ...registryFlags,
    ...anonymousFlags,
    ...platformFlag,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Inspect);
    const name = args["image-name"];
    if (flags.config) return this.#showConfig(name, flags);
    if (flags.raw) {
      const { bytes } = await readManifest(this.engine, name, {
        registry: registryOptions(flags),
      });
      this.print(bytes);
      return;
    }
    const platform = await platformAmong(flags);
    const options: ReadOptions = {
      registry: registryOptions(flags),
      ...(platform === undefined ? {} : { platform }),
    };
    if (flags.history || flags.sizes || flags.platforms) {
      const read = flags.history ? imageHistory : flags.sizes ? imageSizes : imagePlatforms;
      this.#show(await read(this.engine, name, options), flags.format);
      return;
    }
    const summary = await inspectImage(this.engine, name, {
      ...options,
      tags: !flags["no-tags"] && wantsTags(flags.format),
      tagLimit: TAG_LIMIT,
      onTagsMissing: (why) => this.warn(why),
    });
    if (flags.format === undefined) {
      this.log(JSON.stringify(summary, undefined, INDENT));
      return;
    }
    const { Created, Labels } = summary;
    const data = {
      ...summary,
      Created: Created === null ? null : new GoTime(Created),
      Labels: goMap({ ...Labels }),
    };
    this.print(renderObject(data, flags.format, "inspect", INDENT));
  }

  #show(value: object, format: string | undefined): void {
    if (format === undefined) this.log(JSON.stringify(value, undefined, INDENT));
    else this.print(renderObject(value, format, "inspect", INDENT));
  }

  async #showConfig(name: string, flags: CommandInput<typeof Inspect>["flags"]): Promise<void> {
    const platform = await platformAmong(flags);
    const bytes = await readConfig(this.engine, name, {
      registry: registryOptions(flags),
      ...(platform === undefined ? {} : { platform }),
    });
    const config: unknown = JSON.parse(bytes.toString());
    if (flags.raw) this.print(bytes);
    else if (flags.format === undefined) this.log(JSON.stringify(config, undefined, INDENT));
    else this.print(renderObject(config, flags.format, "inspect", INDENT));
  }
}

/** Whether what is printed has the repository's tags: a template that does not name them nor takes everything has not. */
function wantsTags(format: string | undefined): boolean {
  return (
    format === undefined ||
    isJson(format) ||
    /RepoTags|\{\{-?\s*(?:[\w]+\s+)*\.\s*[|}-]|\brange\b|\bwith\b|\$/.test(format)
  );
}
