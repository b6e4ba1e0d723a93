import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { stopPasta } from "../network/index.ts";
import { identify, type ProcessIdentity } from "../process/index.ts";
import { leftOvers, type StartRecord } from "../runtime/index.ts";
import { endProcesses } from "./end-processes.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

/**
 * Ends whatever is left of a container's run: its network, its monitor, its processes.
 *
 * @throws {ContainerStuckError}
 */
export async function endRun(host: ContainerHost, container: Container, record: StartRecord): Promise<void> {
  const { bundle } = containerPaths(host, container.id);
  const pasta = record.pasta ?? strayPasta(bundle, host.procRoot);
  if (pasta !== undefined) stopPasta(pasta, host.procRoot);
  if (record.cgroup !== undefined) killCgroup(record.cgroup);
  await endProcesses(container.name, leftOvers(record, bundle, host.procRoot), host.procRoot);
}

/** All that is left in a container's cgroup, also where it had no pid namespace of its own. */
function killCgroup(folder: string): void {
  try {
    writeFileSync(join(folder, "cgroup.kill"), "1");
  } catch {
    // its cgroup is gone with its processes, or the kernel is older than 5.14
  }
}

/** The pasta of a start that was cut short before it was written down: the process that has our pid file on its command line. */
function strayPasta(bundle: string, procRoot: string): ProcessIdentity | undefined {
  const pidFile = join(bundle, "pasta.pid");
  try {
    const pid = Number(readFileSync(pidFile, "latin1"));
    const isOurs = readFileSync(join(procRoot, String(pid), "cmdline"), "latin1")
      .split("\0")
      .includes(pidFile);
    return isOurs ? identify(pid, procRoot) : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
