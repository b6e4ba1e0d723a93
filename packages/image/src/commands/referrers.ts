import { string as stringArg } from "@oclif/core/args";
import { integer, string } from "@oclif/core/flags";
import { anonymousFlags, formatSize, goJson, registryFlags, registryOptions } from "@wherry/core/cli";
import { referrersOf, type ReferrerNode } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { registryReference } from "../registry-name.ts";
import { retryFlag } from "../retry.ts";

export default class Referrers extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Show what refers to image IMAGE-NAME: signatures, attestations, SBOMs";
  static override description = `As a tree, or with --format json as descriptors with what refers to them. Asks the registry's
list of referrers, or where it has none, the tag that stands in for it`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1",
    "<%= config.bin %> <%= command.id %> --artifact-type application/spdx+json --format json docker://registry.example.com/app:1",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image in a registry, as docker://NAME" }),
  };
  static override flags = {
    "artifact-type": string({
      helpValue: "TYPE",
      description: "Only artifacts of this type refer to the image",
    }),
    depth: integer({ min: 1, default: 8, description: "Levels of the tree" }),
    format: string({ char: "f", options: ["tree", "json"], default: "tree", description: "tree or json" }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Referrers);
    const image = registryReference(args["image-name"], "referrers");
    const { "artifact-type": artifactType, depth } = flags;
    const { digest, referrers } = await referrersOf(this.engine, image, {
      registry: registryOptions(flags),
      depth,
      ...(artifactType === undefined ? {} : { artifactType }),
    });
    if (flags.format === "json") this.log(goJson({ digest, referrers: referrers.map(jsonOf) }, "    "));
    else
      this.print([`${image.registry}/${image.repository}@${digest}\n`, ...treeLines(referrers, "")].join(""));
  }
}

function jsonOf({ descriptor, referrers }: ReferrerNode): object {
  return { ...descriptor, referrers: referrers.map(jsonOf) };
}

function treeLines(nodes: readonly ReferrerNode[], indent: string): string[] {
  return nodes.flatMap(({ descriptor, referrers }, index) => {
    const isLast = index === nodes.length - 1;
    const { artifactType, mediaType, digest, size } = descriptor;
    const line = `${indent}${isLast ? "└── " : "├── "}${artifactType ?? mediaType} ${digest} ${formatSize(size)}\n`;
    return [line, ...treeLines(referrers, `${indent}${isLast ? "    " : "│   "}`)];
  });
}
