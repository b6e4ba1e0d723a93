import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  compressionFlags,
  compressionOptions,
  registryFlags,
  registryOptions,
  showCopy,
  signingAmong,
  signingFlags,
  StoreCommand,
  retryFlags,
  triesAmong,
} from "@wherry/core/cli";
import { pushImage } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { imageFormat } from "../destination.ts";
import { pushList } from "../manifest/push-list.ts";

export default class Push extends StoreCommand {
  static override summary = "Push an image or a manifest list to a specified destination";
  static override description = `Without DESTINATION it goes where its name says. DESTINATION is a name in a registry or a place
as transport:location.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> app docker://registry.example.com/team/app:1",
    "<%= config.bin %> <%= command.id %> app oci-archive:app.tar",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image or list to push" }),
    destination: stringArg({ description: "where to" }),
  };
  static override arity = "At least a source image ID must be specified";
  static override flags = {
    ...registryFlags,
    ...compressionFlags,
    all: boolean({
      description: "Push all images of a manifest list too (default true)",
      default: true,
      allowNo: true,
    }),
    digestfile: string({
      helpValue: "path",
      description: "Write the digest of the pushed image to the file",
    }),
    "disable-compression": boolean({
      char: "D",
      allowNo: true,
      description: "Don't compress layers that are plain",
    }),
    format: string({ char: "f", helpValue: "FORMAT", description: "Manifest type to use: oci or v2s2" }),
    "remove-signatures": boolean({
      allowNo: true,
      description: "Accepted; images of the store have no signatures",
    }),
    quiet: boolean({ char: "q", description: "Don't output progress information when pushing images" }),
    ...retryFlags,
    rm: boolean({ description: "Remove a manifest list when it is pushed" }),
    ...signingFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Push);
    const { store } = this.engine;
    using progress = showCopy(this.invocation, flags.quiet);
    const options = {
      registry: registryOptions(flags),
      ...compressionOptions(flags),
      ...(flags.format === undefined ? {} : { format: imageFormat(flags.format) }),
      ...triesAmong(flags),
      ...signingAmong(flags),
      onEvent: progress.onEvent,
    };
    const list = store.images.find(args.image) === undefined ? store.lists.find(args.image) : undefined;
    const { digest } =
      list === undefined
        ? await pushImage(this.engine, args.image, args.destination, options)
        : await pushList(this.engine, list, args.destination ?? args.image, { ...options, all: flags.all });
    if (list !== undefined && flags.rm) store.lists.remove(list.id);
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digest);
  }
}
