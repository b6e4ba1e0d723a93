import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { mountPoints } from "@wherry/core/container";
import { isWorkingMounted, lockWorking } from "@wherry/core/engine";
import { takeMounted } from "../working/mount.ts";
import { getWorking, listWorking } from "../working/working-container.ts";

export default class Umount extends StoreCommand {
  static override aliases = ["unmount"];
  static override summary = "Unmount the root file system of the specified working containers";
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "working containers" }) };
  static override flags = { all: boolean({ char: "a", description: "All that are mounted" }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Umount);
    const { store } = this.engine;
    const names = args.containers ?? [];
    if (flags.all ? names.length > 0 : names.length === 0)
      throw new UsageError(
        flags.all
          ? "when using the --all switch, you may not pass any container IDs"
          : "at least one container ID must be specified",
      );
    const points = mountPoints(this.engine.host.procRoot);
    const found = flags.all
      ? listWorking(store).filter((container) => isWorkingMounted(this.engine, container, points))
      : names.map((name) => getWorking(store, name));
    for (const { id } of found) {
      using _lock = await lockWorking(this.engine, getWorking(store, id));
      await takeMounted(this.engine, getWorking(store, id));
      this.log(id);
    }
  }
}
