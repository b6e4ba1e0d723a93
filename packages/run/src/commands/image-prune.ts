import { boolean, string } from "@oclif/core/flags";
import { confirm, StoreCommand } from "@wherry/core/cli";
import { pruneImages } from "../prune/prune.ts";

export default class ImagePrune extends StoreCommand {
  static override summary = "Remove unused images";
  static override description = `Removes images without a name, with --all those too that no container is made of. Asks first, unless --force is
given. Prints the IDs of what it removed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --force",
    "<%= config.bin %> <%= command.id %> --all --force --filter until=168h",
    "<%= config.bin %> <%= command.id %> --external --force",
  ];
  static override flags = {
    all: boolean({
      char: "a",
      description: "Remove all images that no container uses, not only those without a name",
    }),
    external: boolean({
      description: "Remove those too that working containers of wherry-build are made of, with these",
    }),
    filter: string({
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Remove only some: label, label!, until, reference, before, since, id",
    }),
    force: boolean({ char: "f", description: "Do not ask" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(ImagePrune);
    const warning = flags.all
      ? "WARNING! This will remove all images without at least one container associated to them."
      : "WARNING! This command removes all dangling images.";
    if (!flags.force && !(await confirm(this.invocation, warning))) return;
    const ids = await pruneImages(this.engine, {
      all: flags.all,
      external: flags.external,
      filters: flags.filter ?? [],
      now: this.invocation.now(),
      onFailure: (error) => this.fail(error),
    });
    for (const id of ids) this.log(id);
  }
}
