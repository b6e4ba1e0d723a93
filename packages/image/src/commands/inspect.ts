import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  anonymousFlags,
  goMap,
  GoTime,
  registryFlags,
  registryOptions,
  renderObject,
  type CommandInput,
} from "@wherry/core/cli";
import { inspectImage, readConfig, readManifest } from "@wherry/core/engine";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

const INDENT = "    ";

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
    "no-tags": boolean({
      char: "n",
      description: "Do not list the available tags from the repository in the output",
    }),
    raw: boolean({ description: "Output raw manifest or configuration" }),
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
      const { bytes } = await readManifest(this.engine, name, { registry: registryOptions(flags) });
      this.print(bytes);
      return;
    }
    const platform = await platformAmong(flags);
    const summary = await inspectImage(this.engine, name, {
      registry: registryOptions(flags),
      tags: !flags["no-tags"],
      ...(platform === undefined ? {} : { platform }),
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
