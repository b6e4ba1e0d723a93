import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { actOnFailedHealth } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";

/** Called by the supervisor. */
export default class ContainerHealthFailed extends StoreCommand {
  static override readonly hidden = true;
  static override summary = "Do with an unhealthy container what was decided at its creation";
  static override examples = ["<%= config.bin %> <%= command.id %> web"];
  static override args = { container: stringArg({ required: true, description: "unhealthy container" }) };
  static override flags = { startup: boolean({ description: "It has not come up: start it again" }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ContainerHealthFailed);
    const host = containerHost(this.engine);
    await actOnFailedHealth(
      host,
      chooseContainer(host, args.container),
      flags.startup ? "restart" : undefined,
    );
  }
}
