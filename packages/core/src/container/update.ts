import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../io/index.ts";
import { limitResources, neededControllers, type Limits, type RuntimeResources } from "../spec/index.ts";
import { run } from "../process/index.ts";
import { checkController, findRuntime, NoCgroupError, readState } from "../runtime/index.ts";
import type { ContainerHost } from "./host.ts";
import { withCgroupsFor } from "./limit.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";

/**
 * Changes limits of a container: of a running one at once, and for all its further starts. Those not named stay.
 *
 * @throws {NoCgroupError | MissingControllerError | ProgramFailedError} and then nothing has changed
 */
export async function updateLimits(
  host: ContainerHost,
  container: Container,
  changes: Limits,
): Promise<void> {
  const limits = { ...container.config.limits, ...changes };
  const { directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  const resources = limitResources(changes);
  if (state.status === "running" && resources !== undefined) {
    const { cgroup } = state.record;
    const [flag = ""] = neededControllers(changes).values();
    if (cgroup === undefined) throw new NoCgroupError(flag, "the container runs without one");
    await apply(host, container, { cgroup, changes, resources });
  }
  host.store.containers.update(container.id, { config: { ...container.config, limits } });
  recordContainerEvent(host, container, "update");
}

interface Change {
  readonly cgroup: string;
  readonly changes: Limits;
  readonly resources: RuntimeResources;
}

async function apply(
  host: ContainerHost,
  container: Container,
  { cgroup, changes, resources }: Change,
): Promise<void> {
  for (const [controller, flag] of neededControllers(changes)) checkController(cgroup, controller, flag);
  const namespace = await host.namespace();
  const found = await findRuntime(namespace, { ...host, runtime: container.config.runtime ?? host.runtime });
  const runtime = withCgroupsFor(container, found);
  const file = join(containerPaths(host, container.id).bundle, "resources.json");
  writeFileAtomically(file, JSON.stringify(resources), { mode: 0o600, sync: false });
  const [program = "", ...args] = [
    ...namespace.enter(),
    ...runtime.argv("update", "--resources", file, container.id),
  ];
  try {
    await run(program, args);
  } finally {
    rmSync(file, { force: true });
  }
}
