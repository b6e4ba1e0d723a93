import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { listTags, type PullOptions } from "@wherry/core/engine";
import { encodedOf } from "@wherry/core/oci";
import { obtainImage, pullFlags, pullOptions, pullPolicy } from "../pull-flags.ts";

export default class Pull extends StoreCommand {
  static override summary = "Pull an image from the specified location";
  static override description = "Prints the image's ID.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io/podman/hello",
    "<%= config.bin %> <%= command.id %> --policy missing --quiet debian:12",
  ];
  static override args = { image: stringArg({ required: true, description: "image to pull" }) };
  static override arity = "an image name must be specified";
  static override flags = {
    ...pullFlags,
    "all-tags": boolean({ char: "a", description: "Pull all tags of the repository" }),
    policy: string({
      options: ["always", "missing", "never", "newer"],
      description: "When to pull: always (default), missing, never, newer",
    }),
    quiet: boolean({ char: "q", description: "Don't output progress information when pulling images" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Pull);
    using options = pullOptions(this.invocation, flags);
    const policy =
      flags.policy === undefined && flags.pull === undefined
        ? "always"
        : pullPolicy(flags.policy ?? flags.pull);
    for (const name of flags["all-tags"] ? await this.#tagged(args.image, options) : [args.image])
      this.log(encodedOf((await obtainImage(this.engine, name, policy, options)).image.id));
  }

  async #tagged(name: string, { registry }: PullOptions): Promise<string[]> {
    if (/:[\w.-]+$/.test(name.replace(/^docker:\/\//, "").replace(/^[^/]*/, "")))
      throw new UsageError("tag can't be used with --all-tags");
    const { repository, tags } = await listTags(
      this.engine,
      `docker://${name.replace(/^docker:\/\//, "")}`,
      registry === undefined ? {} : { registry },
    );
    return tags.map((tag) => `${repository ?? name}:${tag}`);
  }
}
