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
import { writeOutput } from "@wherry/core/io";
import { imageFormat } from "../../destination.ts";
import { getList } from "../../manifest/find-list.ts";
import { pushList } from "../../manifest/push-list.ts";

export default class ManifestPush extends StoreCommand {
  static override summary = "Push a manifest list and its images to a registry";
  static override description = "DESTINATION is a name in a registry or a place as transport:location.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0 docker://registry.example.com/team/app:1.0",
    "<%= config.bin %> <%= command.id %> --rm registry.example.com/team/app:1.0",
  ];
  static override args = {
    list: stringArg({ required: true, description: "manifest list" }),
    destination: stringArg({ description: "where to (default: where its name says)" }),
  };
  static override flags = {
    ...registryFlags,
    ...compressionFlags,
    all: boolean({ default: true, allowNo: true, description: "Push the images too (default true)" }),
    digestfile: string({ helpValue: "path", description: "Write the digest of the pushed list to the file" }),
    format: string({ char: "f", helpValue: "FORMAT", description: "Manifest type: oci (default) or v2s2" }),
    purge: boolean({ char: "p", hidden: true, description: "As --rm" }),
    quiet: boolean({ char: "q", description: "Don't output progress information" }),
    ...retryFlags,
    rm: boolean({ description: "Remove the list when it is pushed" }),
    ...signingFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestPush);
    const { store } = this.engine;
    const list = getList(store, args.list);
    using progress = showCopy(this.invocation, flags.quiet);
    const { digest } = await pushList(this.engine, list, args.destination ?? list.names[0] ?? args.list, {
      registry: registryOptions(flags),
      ...compressionOptions(flags),
      all: flags.all,
      format: imageFormat(flags.format),
      ...triesAmong(flags),
      ...signingAmong(flags),
      onEvent: progress.onEvent,
    });
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digest);
    if (flags.rm || flags.purge) store.lists.remove(list.id);
  }
}
