import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  Phases,
  registryFlags,
  registryOptions,
  retryFlags,
  showCopy,
  StoreCommand,
  triesAmong,
  UsageError,
} from "@wherry/core/cli";
import { ensureImage, listTaggedNames, type PullPolicy } from "@wherry/core/engine";
import { monotonicMs } from "@wherry/core/io";
import { parseReference } from "@wherry/core/reference";
import { platformFlags, platformOption } from "../image/platform-flags.ts";

export default class Pull extends StoreCommand {
  static override summary = "Pull an image from a registry";
  static override description = `IMAGE is a name, short names being looked up as registries.conf says, or a place as
transport:location (docker://, oci:, oci-archive:, docker-archive:, dir:). Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io/podman/hello",
    "<%= config.bin %> <%= command.id %> --platform linux/arm64 docker.io/library/alpine:3.20",
    "<%= config.bin %> <%= command.id %> oci-archive:app.tar",
    "<%= config.bin %> <%= command.id %> --all-tags quay.io/podman/hello",
  ];
  static override args = {
    images: stringArg({ required: true, multiple: true, description: "images to pull" }),
  };
  static override flags = {
    ...registryFlags,
    ...retryFlags,
    ...platformFlags,
    "all-tags": boolean({ char: "a", description: "Pull every image of the repository, by all its tags" }),
    policy: string({
      options: ["always", "missing", "never", "newer"],
      default: "always",
      helpValue: "POLICY",
      description: "When to pull: always, missing, never, newer",
    }),
    quiet: boolean({ char: "q", description: "Suppress output information when pulling images" }),
    timing: boolean({ description: "Print at the end, on standard error, what took how long" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Pull);
    const platform = platformOption(flags);
    const phases = flags.timing ? new Phases(monotonicMs) : undefined;
    phases?.end("start-up");
    for (const name of flags["all-tags"] ? await this.#allTags(args.images, flags) : args.images) {
      using progress = showCopy(this.invocation, flags.quiet);
      const image = await ensureImage(this.engine, name, flags.policy as PullPolicy, {
        ...platform,
        registry: registryOptions(flags),
        ...triesAmong(flags),
        onEvent: phases?.ofCopy(progress.onEvent) ?? progress.onEvent,
        onTry: (place) => {
          if (!flags.quiet) this.invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
        },
      });
      phases?.end("publish");
      this.log(image.id.replace("sha256:", ""));
    }
    if (phases !== undefined) this.invocation.err(phases.report());
  }

  /** @throws {UsageError} for a name that has a tag already */
  async #allTags(names: readonly string[], flags: Readonly<Record<string, unknown>>): Promise<string[]> {
    const tagged = await Promise.all(
      names.map((name) => {
        const { tag, digest } = parseReference(name);
        if (tag !== undefined || digest !== undefined)
          throw new UsageError(
            `--all-tags requires a reference without a tag, not ${name}`,
            this.commandPath,
          );
        return listTaggedNames(this.engine, name, registryOptions(flags));
      }),
    );
    return tagged.flat();
  }
}
