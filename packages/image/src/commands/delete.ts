import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { deleteImage, planDeletion } from "@wherry/core/engine";
import type { Deletion } from "@wherry/core/image";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Delete extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Delete image IMAGE-NAME";
  static override description = `Takes an image away. Of a registry only the tag, where the registry can do that; else the
manifest, but only if no other tag names it`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:old",
    "<%= config.bin %> <%= command.id %> --dry-run --recursive docker://registry.example.com/app:old",
    "<%= config.bin %> <%= command.id %> oci:layout:old",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    "dry-run": boolean({
      description: "Tell what would be deleted, other tags included, and delete nothing",
    }),
    manifest: boolean({ description: "Delete the manifest with all tags that name it, not only the tag" }),
    recursive: boolean({
      description:
        "Delete the images of an index and what refers to them too, as far as no other tag needs them",
    }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Delete);
    const name = args["image-name"];
    const options = {
      registry: registryOptions(flags),
      manifest: flags.manifest,
      recursive: flags.recursive,
    };
    if (flags["dry-run"]) {
      const plan = await planDeletion(this.engine, name, options);
      this.print(linesOf(name, plan, "Would delete", flags).join(""));
      return;
    }
    await deleteImage(this.engine, name, {
      ...options,
      onTagsUnknown: (why) => this.warn(`Cannot tell which other tags go: ${why}`),
      onMore: (deletion) => this.invocation.err(linesOf(name, deletion, "Deleting", flags).join("")),
    });
  }
}

interface Wish {
  readonly manifest: boolean;
  readonly recursive: boolean;
}

function linesOf(
  name: string,
  { digest, tag, otherTags, parts, kept }: Deletion,
  verb: string,
  { manifest, recursive }: Wish,
): string[] {
  const isTag = tag !== undefined && !manifest && !recursive;
  const tags = otherTags.join(", ");
  return [
    `${verb} ${isTag ? `the tag ${tag} of ${name}` : name} (${digest})\n`,
    ...(otherTags.length === 0
      ? []
      : isTag
        ? [`The manifest stays for other tags: ${tags}\n`]
        : manifest || tag === undefined
          ? [`${verb} its other tags: ${tags}\n`]
          : [`Other tags name it, so that --manifest is needed too: ${tags}\n`]),
    ...(isTag && otherTags.length === 0
      ? ["A registry that cannot delete a tag alone deletes the manifest, which no other tag names\n"]
      : []),
    ...parts.map(({ digest: part, kind }) => `${verb} ${kind} ${part}\n`),
    ...kept.map((part) => `Other tags need image ${part}, it stays\n`),
  ];
}
