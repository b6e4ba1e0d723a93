import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { importImage } from "@wherry/core/engine";
import { platformWith } from "@wherry/core/oci";
import { NoArchiveInputError } from "../image/errors.ts";
import { localReference } from "../image/local-reference.ts";

export default class Import extends StoreCommand {
  static override summary = "Import a tarball to create a filesystem image";
  static override description = `SOURCE is a file, a URL, or - for standard input; the archive may be compressed. Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> rootfs.tar.gz base",
    `<%= config.bin %> <%= command.id %> --change 'CMD ["sh"]' --message "from export" - base:1 < web.tar`,
    "<%= config.bin %> <%= command.id %> https://example.com/rootfs.tar.xz base",
  ];
  static override args = {
    source: stringArg({ required: true, description: "archive" }),
    image: stringArg({ description: "name of the image" }),
  };
  static override flags = {
    arch: string({ helpValue: "ARCH", description: "Set the architecture of the image" }),
    change: string({
      char: "c",
      multiple: true,
      helpValue: "INSTRUCTION",
      description: "Apply an instruction of a Containerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER …",
    }),
    message: string({ char: "m", helpValue: "TEXT", description: "Set the message of the history" }),
    os: string({ helpValue: "OS", description: "Set the system of the image" }),
    quiet: boolean({ char: "q", description: "Show no progress" }),
    variant: string({ helpValue: "VARIANT", description: "Set the variant of the architecture" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Import);
    if (args.source === "-" && process.stdin.isTTY) throw new NoArchiveInputError();
    const { message } = flags;
    const { id } = await importImage(this.engine, args.source === "-" ? process.stdin : args.source, {
      ...(args.image === undefined ? {} : { name: localReference(args.image) }),
      ...(message === undefined ? {} : { message }),
      changes: flags.change ?? [],
      platform: platformWith(flags),
    });
    this.log(id);
  }
}
