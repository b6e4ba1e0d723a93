import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  compressionFlags,
  compressionOptions,
  registryFlags,
  registryOptions,
  retryFlags,
  showCopy,
  signingAmong,
  signingFlags,
  StoreCommand,
  triesAmong,
} from "@wherry/core/cli";
import { pushImage } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";

export default class Push extends StoreCommand {
  static override summary = "Push an image to a specified destination";
  static override description = `Without DESTINATION the image goes where its name says. DESTINATION is a name in a registry
or a place as transport:location.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> registry.example.com/team/app:1",
    "<%= config.bin %> <%= command.id %> app registry.example.com/team/app:1",
    "<%= config.bin %> <%= command.id %> app oci-archive:app.tar",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image to push" }),
    destination: stringArg({ description: "where to" }),
  };
  static override flags = {
    ...registryFlags,
    ...compressionFlags,
    ...retryFlags,
    digestfile: string({
      helpValue: "path",
      description: "Write the digest of the pushed image to the file",
    }),
    format: string({
      char: "f",
      options: ["oci", "v2s2"],
      description: "Manifest type to use in the destination",
    }),
    quiet: boolean({ char: "q", description: "Suppress output information when pushing images" }),
    ...signingFlags,
    "remove-signatures": boolean({
      description: "Leave signatures out (the store keeps none, so that none go along in any case)",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Push);
    using progress = showCopy(this.invocation, flags.quiet);
    const { digest } = await pushImage(this.engine, args.image, args.destination, {
      registry: registryOptions(flags),
      ...(flags.format === undefined ? {} : { format: flags.format === "oci" ? "oci" : "docker" }),
      ...compressionOptions(flags),
      ...triesAmong(flags),
      ...signingAmong(flags),
      onEvent: progress.onEvent,
    });
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digest);
  }
}
