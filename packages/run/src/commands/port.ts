import { string as stringArg } from "@oclif/core/args";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { parsePortQuery, portLines } from "../container/port-lines.ts";

export default class Port extends StoreCommand {
  static override readonly arity = "`port` accepts at most 2 arguments";
  static override summary = "List the published ports of a container";
  static override description =
    "As CONTAINER_PORT/PROTOCOL -> HOST_IP:HOST_PORT; of one port only where it is published. With --all each line begins with its container's ID.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> web 80/tcp",
    "<%= config.bin %> <%= command.id %> --all",
    "<%= config.bin %> <%= command.id %> --latest 80",
  ];
  static override args = {
    container: stringArg({ description: "container to look at" }),
    port: stringArg({ description: "only this port of the container: PORT[/udp]" }),
  };
  static override flags = { all: choiceFlags.all, latest: choiceFlags.latest };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Port);
    // with --latest the only word is the port
    const [name, port] =
      flags.latest && args.port === undefined ? [undefined, args.container] : [args.container, args.port];
    if (flags.all && name !== undefined) throw new UsageError("no arguments are needed with --all");
    const query = port === undefined ? undefined : parsePortQuery(port);
    const chosen = chooseContainers(containerHost(this.engine), {
      names: name === undefined ? [] : [name],
      all: flags.all,
      latest: flags.latest,
    });
    let isFound = false;
    for (const { container } of chosen)
      for (const line of portLines(container.config.ports, query)) {
        isFound = true;
        this.log(flags.all ? `${container.id.slice(0, 12)}\t${line}` : line);
      }
    if (query !== undefined && !isFound)
      throw new UsageError(`failed to find published port ${JSON.stringify(port)}`);
  }
}
