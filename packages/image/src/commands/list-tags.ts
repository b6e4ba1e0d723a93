import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { listTags } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";
import { tagFilterAmong, tagFlags } from "../tag-flags.ts";

export default class ListTags extends ImageCommand {
  static override readonly arity = "Exactly one non-option argument expected";
  static override summary = "List tags in the transport/repository specified by the SOURCE-IMAGE";
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://docker.io/library/alpine",
    '<%= config.bin %> <%= command.id %> --semver ">= 3.18" --newest 3 docker://docker.io/library/alpine',
    "<%= config.bin %> <%= command.id %> docker-archive:images.tar",
  ];
  static override args = {
    "source-image": stringArg({ required: true, description: "repository, archive or layout" }),
  };
  static override flags = { ...tagFlags, ...registryFlags, ...anonymousFlags, ...retryFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ListTags);
    const filter = tagFilterAmong(flags);
    const { repository, tags } = await listTags(this.engine, args["source-image"], {
      registry: registryOptions(flags),
    });
    const output = { ...(repository === undefined ? {} : { Repository: repository }), Tags: filter(tags) };
    this.log(JSON.stringify(output, undefined, "    "));
  }
}
