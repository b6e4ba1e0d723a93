import { boolean, string } from "@oclif/core/flags";
import { confirm, StoreCommand } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { pruneVolumes } from "../prune/prune.ts";
import { volumeFilter } from "../volume/volume-filters.ts";

export default class VolumePrune extends StoreCommand {
  static override summary = "Remove all unused volumes";
  static override description =
    "Asks first, unless --force is given. Prints the names of the volumes it removed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --force",
    "<%= config.bin %> <%= command.id %> --force --filter label=team=web",
  ];
  static override flags = {
    all: boolean({ char: "a", description: "Named volumes too (they always are, as podman does it)" }),
    filter: string({
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Remove only some: label, label!, name, opt, anonymous, since, until",
    }),
    force: boolean({ char: "f", description: "Do not ask" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(VolumePrune);
    const host = containerHost(this.engine);
    const now = this.invocation.now();
    const filters = flags.filter ?? [];
    volumeFilter(filters, host.store, now); // a filter that cannot be read is told of before the question
    const warning =
      "WARNING! This will remove all volumes not used by at least one container. The data in them is lost.";
    if (!flags.force && !(await confirm(this.invocation, warning))) return;
    const names = await pruneVolumes(host, { filters, now, onFailure: (error) => this.fail(error) });
    for (const name of names) this.log(name);
  }
}
