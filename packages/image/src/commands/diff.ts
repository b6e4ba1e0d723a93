import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions, renderObject } from "@wherry/core/cli";
import { diffImages } from "@wherry/core/engine";
import type { ComparedPart, FileChange, ImageDifference, ValueChange } from "@wherry/core/image";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

const SIGNS = { added: "A", removed: "D", changed: "C" } as const;

export default class Diff extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Tell in what two images differ";
  static override description = `Compares manifests, configs and files, or what of these the flags name. Layers that both
images have are read once; nothing is stored. Files are told as A (added), D (deleted) or C (changed, and in what)`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1 docker://registry.example.com/app:2",
    "<%= config.bin %> <%= command.id %> --files oci:layout:app docker://registry.example.com/app:1",
    "<%= config.bin %> <%= command.id %> --config --format json --exit-code oci:a oci:b",
  ];
  static override args = {
    "image-a": stringArg({ required: true, description: "image, as transport:details" }),
    "image-b": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    config: boolean({ description: "Compare the configs" }),
    "exit-code": boolean({ description: "End with status 1 when they differ" }),
    files: boolean({ description: "Compare the files" }),
    format: string({ char: "f", description: "Print JSON (json), or by a Go template" }),
    manifest: boolean({ description: "Compare the manifests" }),
    ...registryFlags,
    ...anonymousFlags,
    ...platformFlag,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Diff);
    const platform = await platformAmong(flags);
    const named = (["manifest", "config", "files"] as const).filter((part) => flags[part]);
    const parts = new Set<ComparedPart>(named.length === 0 ? ["manifest", "config", "files"] : named);
    const difference = await diffImages(this.engine, args["image-a"], args["image-b"], parts, {
      registry: registryOptions(flags),
      ...(platform === undefined ? {} : { platform }),
    });
    if (flags.format === undefined) this.print(linesOf(difference).join(""));
    else this.print(renderObject(difference, flags.format, "diff", "    "));
    const { manifest = [], config = [], files = [] } = difference;
    if (flags["exit-code"] && manifest.length + config.length + files.length > 0) this.exitStatus = 1;
  }
}

function linesOf({ manifest = [], config = [], files = [] }: ImageDifference): string[] {
  return [
    ...manifest.flatMap((change) => valueLines("manifest", change)),
    ...config.flatMap((change) => valueLines("config", change)),
    ...files.map(fileLine),
  ];
}

function valueLines(part: string, { at, ...sides }: ValueChange): string[] {
  const line = (sign: string, value: unknown): string => `${sign} ${part} ${at}: ${JSON.stringify(value)}\n`;
  return [
    ...("before" in sides ? [line("-", sides.before)] : []),
    ...("after" in sides ? [line("+", sides.after)] : []),
  ];
}

function fileLine({ path, kind, what }: FileChange): string {
  return `${SIGNS[kind]} ${path}${what.length === 0 ? "" : ` (${what.join(", ")})`}\n`;
}
