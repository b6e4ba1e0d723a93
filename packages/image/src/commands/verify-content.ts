import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { anonymousFlags, formatSize, registryFlags, registryOptions } from "@wherry/core/cli";
import { verifyContent } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class VerifyContent extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Read all of image IMAGE-NAME and digest it again";
  static override description = `Manifests, configs and layers of all platforms have to be what their digests say, and layers
uncompressed what the config says. Nothing is stored. Ends with status 1 when something is damaged`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1",
    "<%= config.bin %> <%= command.id %> --quiet oci:layout:app",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    quiet: boolean({ char: "q", description: "Tell only what is damaged" }),
    ...registryFlags,
    ...anonymousFlags,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(VerifyContent);
    const registry = registryOptions(flags);
    const { parts, bytes } = await verifyContent(
      this.engine,
      args["image-name"],
      ({ digest, size, problem }) => {
        if (problem !== undefined) this.log(`damaged ${digest}: ${problem}`);
        else if (!flags.quiet) this.log(`good    ${digest} ${formatSize(size)}`);
      },
      { registry },
    );
    if (!flags.quiet) this.log(`${parts} parts, ${formatSize(bytes)}, all good`);
  }
}
