import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { isMounted, mountPoints, unmountContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Unmount extends StoreCommand {
  static override aliases = ["umount", "container unmount", "container umount"];
  static override summary = "Unmount the root file systems of containers";
  static override description =
    "Takes away what `mount` has mounted in this namespace; see there. Prints what was unmounted.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to unmount" }) };
  static override flags = {
    all: choiceFlags.all,
    force: boolean({ char: "f", description: "Say nothing of what is not mounted here" }),
    latest: choiceFlags.latest,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Unmount);
    const host = containerHost(this.engine);
    const chosen = chooseContainers(host, {
      ...{ all: flags.all, latest: flags.latest, names: args.containers ?? [] },
      onMissing: (error) => this.fail(error),
    });
    const points = mountPoints(host.procRoot);
    for (const { container, asTyped } of chosen) {
      if ((flags.all || flags.force) && !isMounted(host, container, points)) continue;
      try {
        await unmountContainer(host, container);
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
