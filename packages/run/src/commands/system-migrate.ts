import { StoreCommand } from "@wherry/core/cli";
import { listContainers, stopContainer } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";

export default class SystemMigrate extends StoreCommand {
  static override summary = "Take over changed ranges of subordinate ids";
  static override description = `Stops all containers and makes the user namespace anew, as /etc/subuid and /etc/subgid are now. New containers take
such a change over by themselves; those that run keep the ids they were started with until they are stopped.`;
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  override async run(): Promise<void> {
    await this.input(SystemMigrate);
    const host = containerHost(this.engine, (message) => void this.warn(message));
    for (const { container, state } of listContainers(host)) {
      if (state.status !== "running") continue;
      try {
        await stopContainer(host, container);
        this.log(`stopped ${container.id}`);
      } catch (error) {
        this.fail(error);
      }
    }
    if (this.exitStatus !== 0) return;
    const { endHolder } = await import("@wherry/core/userns");
    const { locations, host: machine } = this.engine;
    endHolder({ runtimeDir: locations.runtimeDir, procRoot: machine.procRoot });
    await this.engine.userNamespace();
    host.store.events.record({ type: "system", status: "refresh" }, host.now());
  }
}
