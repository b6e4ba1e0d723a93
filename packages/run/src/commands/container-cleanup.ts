import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { cleanUpContainer, removeContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainers } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { removeOwnImage } from "../container/remove-own-image.ts";

export default class ContainerCleanup extends StoreCommand {
  static override summary = "Clean up what the last run of containers has left";
  static override description = `That is nothing, as a rule: mounts and network go with the last process. What a kill -9 has left goes now: processes,
the network's program, files in the runtime folder. Prints what was cleaned up.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --all",
    "<%= config.bin %> <%= command.id %> --rm web",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "containers to clean up" }) };
  static override flags = {
    all: choiceFlags.all,
    latest: choiceFlags.latest,
    rm: boolean({ description: "Then remove the container" }),
    rmi: boolean({
      description: "Then remove its image too, where no other container uses it",
      dependsOn: ["rm"],
    }),
    "stopped-only": boolean({
      description: "Refuse containers that have not ended, those too that never ran",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ContainerCleanup);
    const host = containerHost(this.engine);
    const chosen = chooseContainers(host, {
      ...{ all: flags.all, latest: flags.latest },
      names: args.containers ?? [],
      onMissing: (error) => this.fail(error),
    });
    for (const { container, asTyped } of chosen) {
      try {
        await cleanUpContainer(host, container, { stoppedOnly: flags["stopped-only"] });
        if (flags.rm) await removeContainer(host, container);
        if (flags.rmi)
          await removeOwnImage(this.engine, {
            ...container,
            config: { ...container.config, removesImage: true },
          });
        this.log(asTyped);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}
