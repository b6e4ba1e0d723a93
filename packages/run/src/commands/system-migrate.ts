import { StoreCommand } from "@wherry/core/cli";
import { listContainers, stopContainer } from "@wherry/core/container";
import { containerHost, type EngineOptions, type LostFiles } from "@wherry/core/engine";

export default class SystemMigrate extends StoreCommand {
  static override summary = "Take over changed ranges of subordinate ids";
  static override description = `Stops all containers, makes the user namespace anew, as /etc/subuid and /etc/subgid are now, and where these have changed
unpacks the layers of images again with the new ids. Names the containers, volumes, working containers and cache mounts of builds that have files of ids which are not the user's any more.`;
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  /** That ranges have changed is why this is called. */
  protected override engineOptions(flags: Readonly<Record<string, unknown>>): EngineOptions {
    return { ...super.engineOptions(flags), onNotice: () => undefined };
  }

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
    const { migrateStore } = await import("@wherry/core/engine");
    const { locations, host: machine } = this.engine;
    endHolder({ runtimeDir: locations.runtimeDir, procRoot: machine.procRoot });
    if (machine.uid !== 0) for (const lost of await migrateStore(this.engine)) this.warn(tellLost(lost));
    host.store.events.record({ type: "system", status: "refresh" }, host.now());
  }
}

function tellLost({ kind, name, path }: LostFiles): string {
  const what = "has files of ids that are not yours any more";
  if (kind === "layer") return `an unpacked layer ${what}; as root: rm -rf ${path}`;
  return `${kind} ${name} ${what}: make it anew, or as root give those below ${path} to the new ids`;
}
