import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { goJson, StoreCommand } from "@wherry/core/cli";
import {
  containerPaths,
  isMounted,
  listContainers,
  mountContainer,
  mountPoints,
} from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Mount extends StoreCommand {
  static override summary = "Mount the root file systems of containers";
  static override description = `Prints where they are. Only within \`unshare\`, or for root: an ordinary user's mounts live in a namespace, and end with
it. Without CONTAINER it lists what is mounted there.`;
  static override examples = [
    `wherry unshare sh -c 'ls "$(<%= config.bin %> <%= command.id %> web)/etc"'`,
    "<%= config.bin %> <%= command.id %> --format json",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to mount" }) };
  static override flags = {
    all: choiceFlags.all,
    format: string({ options: ["json"], description: "List what is mounted as JSON" }),
    latest: choiceFlags.latest,
    "no-trunc": boolean({ description: "Do not shorten IDs" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Mount);
    const host = containerHost(this.engine);
    const names = args.containers ?? [];
    if (names.length === 0 && !flags.all && !flags.latest) {
      this.#list(flags.format === "json", !flags["no-trunc"]);
      return;
    }
    const chosen = chooseContainers(host, {
      ...{ all: flags.all, latest: flags.latest, names },
      onMissing: (error) => this.fail(error),
    });
    for (const { container } of chosen) {
      try {
        const folder = await mountContainer(host, container);
        this.log(chosen.length === 1 && !flags.all ? folder : `${container.id} ${folder}`);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #list(asJson: boolean, truncate: boolean): void {
    const host = containerHost(this.engine);
    const points = mountPoints(host.procRoot);
    const mounted = listContainers(host)
      .map(({ container }) => container)
      .filter((container) => isMounted(host, container, points))
      .map(({ id, name }) => ({ id, name, mountpoint: containerPaths(host, id).rootfs }));
    if (asJson)
      this.log(
        goJson(
          mounted.map(({ id, name, mountpoint }) => ({ id, Names: [name], mountpoint })),
          "  ",
        ),
      );
    else
      for (const { id, mountpoint } of mounted) this.log(`${truncate ? id.slice(0, 12) : id} ${mountpoint}`);
  }
}
