import { boolean, string } from "@oclif/core/flags";
import { confirm, StoreCommand } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { pruneContainers } from "../prune/prune.ts";

export default class ContainerPrune extends StoreCommand {
  static override summary = "Remove all non running containers";
  static override description = "Asks first, unless --force is given. Prints the IDs of what it removed.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --force",
    "<%= config.bin %> <%= command.id %> --force --filter until=24h",
  ];
  static override flags = {
    filter: string({
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Remove only some: label, label!, until …",
    }),
    force: boolean({ char: "f", description: "Do not ask" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(ContainerPrune);
    const warning = "WARNING! This will remove all non running containers.";
    if (!flags.force && !(await confirm(this.invocation, warning))) return;
    const ids = await pruneContainers(containerHost(this.engine), {
      filters: flags.filter ?? [],
      now: this.invocation.now(),
      onFailure: (error) => this.fail(error),
    });
    for (const id of ids) this.log(id);
  }
}
