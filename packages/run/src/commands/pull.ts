import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { registryFlags, registryOptions, showCopy, StoreCommand } from "@wherry/core/cli";
import { pullImage } from "@wherry/core/engine";
import { parsePlatform } from "@wherry/core/oci";

export default class Pull extends StoreCommand {
  static override summary = "Pull an image from a registry";
  static override description = `IMAGE is a name, short names being looked up as registries.conf says, or a place as
transport:location (docker://, oci:, oci-archive:, docker-archive:, dir:). Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io/podman/hello",
    "<%= config.bin %> <%= command.id %> --platform linux/arm64 docker.io/library/alpine:3.20",
    "<%= config.bin %> <%= command.id %> oci-archive:app.tar",
  ];
  static override args = {
    images: stringArg({ required: true, multiple: true, description: "images to pull" }),
  };
  static override flags = {
    ...registryFlags,
    platform: string({ helpValue: "OS/ARCH[/VARIANT]", description: "Pull the image for this platform" }),
    quiet: boolean({ char: "q", description: "Suppress output information when pulling images" }),
    retry: integer({ description: "Number of times to retry a transfer that fails" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Pull);
    const platform = flags.platform === undefined ? {} : { platform: parsePlatform(flags.platform) };
    for (const name of args.images) {
      using progress = showCopy(this.invocation, flags.quiet);
      const image = await pullImage(this.engine, name, {
        ...platform,
        registry: registryOptions(flags),
        ...(flags.retry === undefined ? {} : { attempts: flags.retry + 1 }),
        onEvent: progress.onEvent,
        onTry: (place) => {
          if (!flags.quiet) this.invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
        },
      });
      this.log(image.id.replace("sha256:", ""));
    }
  }
}
