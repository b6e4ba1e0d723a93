import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions, renderObject } from "@wherry/core/cli";
import { rateLimitOf } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { registryReference } from "../registry-name.ts";
import { retryFlag } from "../retry.ts";

export default class RateLimit extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Tell how many pulls the registry of IMAGE-NAME still allows";
  static override description = "Asks by a HEAD, which registries do not count as a pull";
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://docker.io/library/alpine",
    '<%= config.bin %> <%= command.id %> --format "{{.remaining}}" docker://docker.io/library/alpine',
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image in the registry, as docker://NAME" }),
  };
  static override flags = {
    format: string({ char: "f", description: "Print JSON (json), or by a Go template" }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(RateLimit);
    const reference = registryReference(args["image-name"], "ratelimit");
    const found = (await rateLimitOf(this.engine, reference, registryOptions(flags))) ?? {};
    if (flags.format !== undefined) {
      this.print(renderObject(found, flags.format, "ratelimit", "    "));
      return;
    }
    const { limit, remaining, windowSeconds, source } = found;
    if (limit === undefined && remaining === undefined) {
      this.log(`${reference.registry} names no limit of pulls`);
      return;
    }
    const every = windowSeconds === undefined ? "" : ` in ${windowSeconds / 3600} h`;
    const who = source === undefined ? "" : ` for ${source}`;
    this.log(`${remaining ?? "?"} of ${limit ?? "?"} pulls${every} are left${who}`);
  }
}
