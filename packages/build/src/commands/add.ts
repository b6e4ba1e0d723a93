import { copyFlags, CopyCommand } from "../copy-command.ts";

export default class Add extends CopyCommand {
  static override summary = "Add content to the container";
  static override description = `As copy, but archives are unpacked and sources may be URLs, as ADD does. Prints a digest of
what was added.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container rootfs.tar.xz /",
    "<%= config.bin %> <%= command.id %> $container https://example.com/app.tar.gz /usr/src/",
  ];
  static override flags = copyFlags;

  override async run(): Promise<void> {
    await this.copy(await this.input(Add), true);
  }
}
