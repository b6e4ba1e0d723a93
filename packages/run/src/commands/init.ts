import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { initContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Init extends StoreCommand {
  static override summary = "Initialize one or more containers";
  static override description = `Makes all that a container needs to run, namespaces, mounts and network, and does not start its program. Prints what
was initialized; \`start\` then starts the program.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = {
    containers: stringArg({ multiple: true, description: "containers to initialize" }),
  };
  static override flags = { all: choiceFlags.all, latest: choiceFlags.latest };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Init);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    const chosen = chooseContainers(host, {
      ...flags,
      names: args.containers ?? [],
      onMissing: (error) => this.fail(error),
    });
    this.invocation.releaseSignals();
    for (const { container, asTyped } of chosen) {
      try {
        await initContainer(host, container);
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
