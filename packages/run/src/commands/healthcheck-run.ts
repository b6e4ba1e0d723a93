import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { checkHealth } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";

export default class HealthcheckRun extends StoreCommand {
  static override summary = "Check the health of a running container now";
  static override description =
    "The exit status is 0 when the check succeeds, 1 when it fails, 125 when it could not be made.";
  static override examples = ["<%= config.bin %> <%= command.id %> web"];
  static override args = { container: stringArg({ required: true, description: "container to check" }) };
  static override flags = {
    "ignore-result": boolean({ description: "Exit with 0 although the check fails" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(HealthcheckRun);
    const host = containerHost(this.engine);
    const result = await checkHealth(host, chooseContainer(host, args.container));
    if (result?.exitCode === 0) return;
    this.log("unhealthy");
    if (!flags["ignore-result"]) this.exitStatus = 1;
  }
}
