import { string as stringArg } from "@oclif/core/args";
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

  override async run(): Promise<void> {
    const { args } = await this.input(ContainerHealthFailed);
    const host = containerHost(this.engine);
    await actOnFailedHealth(host, chooseContainer(host, args.container));
  }
}
