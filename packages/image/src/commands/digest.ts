import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { resolveDigest } from "@wherry/core/engine";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Digest extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Print the digest of image IMAGE-NAME";
  static override description = `The digest of what the name stands for, image or index; of a registry it is asked without a pull.
With --platform or --override-arch, that of the image for the platform`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://quay.io/podman/hello:latest",
    "<%= config.bin %> <%= command.id %> --platform linux/arm64 docker://docker.io/library/alpine",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = { ...registryFlags, ...anonymousFlags, ...platformFlag, ...retryFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Digest);
    const platform = await platformAmong(flags);
    this.log(
      await resolveDigest(this.engine, args["image-name"], {
        registry: registryOptions(flags),
        ...(platform === undefined ? {} : { platform }),
      }),
    );
  }
}
