import { copyFlags, CopyCommand } from "../copy-command.ts";

export default class Copy extends CopyCommand {
  static override summary = "Copy content into the container";
  static override description = `Copies files of this machine, or with --from of a container or an image, as COPY does.
Without DEST they go to the working directory. Prints a digest of what was copied.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container site/ /var/www/",
    "<%= config.bin %> <%= command.id %> --from $builder $container /out/app /usr/bin/app",
    "<%= config.bin %> <%= command.id %> --chown 33:33 --chmod u=rwX,go=rX $container 'conf/*.conf' /etc/app/",
  ];
  static override flags = copyFlags;

  override async run(): Promise<void> {
    await this.copy(await this.input(Copy), false);
  }
}
