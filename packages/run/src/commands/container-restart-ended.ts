import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { restartEnded } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";

/** Called by the supervisor. */
export default class ContainerRestartEnded extends StoreCommand {
  static override readonly hidden = true;
  static override summary = "Start a container again that has ended, as its policy says";
  static override examples = ["<%= config.bin %> <%= command.id %> web"];
  static override args = { container: stringArg({ required: true, description: "container that ended" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(ContainerRestartEnded);
    const host = containerHost(this.engine);
    await restartEnded(host, chooseContainer(host, args.container));
  }
}
