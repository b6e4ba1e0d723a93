import { string as stringArg } from "@oclif/core/args";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Port extends StoreCommand {
  static override summary = "List the published ports of a container";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> web 80/tcp",
  ];
  static override args = {
    container: stringArg({ description: "container to look at" }),
    port: stringArg({ description: "only this port of the container: PORT[/udp]" }),
  };
  static override flags = { all: choiceFlags.all, latest: choiceFlags.latest };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Port);
    const names = args.container === undefined ? [] : [args.container];
    const chosen = chooseContainers(containerHost(this.engine), {
      names,
      all: flags.all,
      latest: flags.latest,
    });
    const wanted = args.port === undefined || args.port.includes("/") ? args.port : `${args.port}/tcp`;
    let isFound = false;
    for (const { container } of chosen) {
      for (const { hostIp = "0.0.0.0", hostPort, containerPort, protocol, range } of container.config.ports) {
        for (let index = 0; index < range; index++) {
          const inside = `${containerPort + index}/${protocol}`;
          if (wanted !== undefined && wanted !== inside) continue;
          isFound = true;
          this.log(`${wanted === undefined ? `${inside} -> ` : ""}${hostIp}:${hostPort + index}`);
        }
      }
    }
    if (wanted !== undefined && !isFound)
      throw new UsageError(`failed to find published port ${JSON.stringify(wanted)}`);
  }
}
