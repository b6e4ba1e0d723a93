import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { goJson, StoreCommand } from "@wherry/core/cli";
import { mountPoints } from "@wherry/core/container";
import { isWorkingMounted, workingMountPoint } from "@wherry/core/engine";
import { changeWorking } from "../working/change.ts";
import { mountWorking } from "../working/mount.ts";
import { listWorking } from "../working/working-container.ts";

export default class Mount extends StoreCommand {
  static override summary = "Mount a working container's root filesystem";
  static override description = `Prints the folder where the files are; without CONTAINER lists what is mounted. Ordinary users
run it inside of \`unshare\`.`;
  static override examples = [
    "<%= config.bin %> unshare sh -c 'cp app $(<%= config.bin %> mount build)/usr/bin/'",
    "<%= config.bin %> <%= command.id %>",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "working containers" }) };
  static override flags = { json: boolean({ description: "Output in JSON format" }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Mount);
    const { store } = this.engine;
    const names = args.containers ?? [];
    const mounted: { container: string; mountPoint: string }[] = [];
    if (names.length === 0) {
      const points = mountPoints(this.engine.host.procRoot);
      for (const container of listWorking(store))
        if (isWorkingMounted(this.engine, container, points))
          mounted.push({ container: container.name, mountPoint: workingMountPoint(store, container) });
    }
    for (const name of names) {
      const container = await changeWorking(this.engine, name, ({ state }) => Promise.resolve(state));
      mounted.push({ container: container.name, mountPoint: await mountWorking(this.engine, container) });
    }
    if (flags.json) this.log(goJson(mounted, "    "));
    else
      for (const { container, mountPoint: point } of mounted)
        this.log(names.length === 1 ? point : `${container} ${point}`);
  }
}
