import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions, UsageError } from "@wherry/core/cli";
import { tagImage } from "@wherry/core/engine";
import { parseTransportName } from "@wherry/core/transport";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Tag extends ImageCommand {
  static override summary = "Give an image in a registry more tags";
  static override description = "Only the manifest is read and written: no blob is moved";
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1.2.3 1.2 1 latest",
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1.2.3 registry.example.com/app:stable",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as docker://NAME" }),
    tag: stringArg({ required: true, multiple: true, description: "tag, or name in the same repository" }),
  };
  static override flags = { ...registryFlags, ...anonymousFlags, ...retryFlag };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Tag);
    const [name = "", ...tags] = positionals;
    const place = parseTransportName(name);
    if (place.transport !== "docker")
      throw new UsageError(`only an image in a registry (docker://) can be given tags, not ${name}`);
    const { digest } = await tagImage(this.engine, place.reference, tags, registryOptions(flags));
    this.log(digest);
  }
}
