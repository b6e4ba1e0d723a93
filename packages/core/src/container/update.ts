import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../io/index.ts";
import { variableName } from "../oci/index.ts";
import {
  limitResources,
  neededControllers,
  type Limits,
  type RuntimeLimit,
  type RuntimeResources,
} from "../spec/index.ts";
import { run } from "../process/index.ts";
import {
  checkController,
  findRuntime,
  NoCgroupError,
  readState,
  type StartRecord,
} from "../runtime/index.ts";
import { decideLifecycle, type HealthOptions } from "./decide-lifecycle.ts";
import { NoHealthCheckError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import type { HealthSettings, RestartPolicy } from "./lifecycle-settings.ts";
import { withCgroupsFor } from "./limit.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container, ContainerSettings } from "./settings.ts";

/** What is to change of a container; what is absent stays. */
export interface ContainerChanges {
  readonly limits?: Limits;
  readonly restart?: RestartPolicy;
  readonly health?: HealthOptions;
  /** NAME=value, for its programs from now on. */
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
  /** Limits of each of its processes, for its programs from now on. */
  readonly rlimits?: readonly RuntimeLimit[];
}

/**
 * Changes settings of a container: limits, checks of its health and when it restarts of a running one at once, all of them for
 * its further starts.
 *
 * @throws {NoCgroupError | MissingControllerError | ProgramFailedError | NoHealthCheckError} and then nothing has changed
 */
export async function updateContainer(
  host: ContainerHost,
  container: Container,
  changes: ContainerChanges,
): Promise<void> {
  const changed = { ...container, config: changedSettings(container, changes) };
  const { directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  const { limits = {} } = changes;
  const resources = limitResources(limits);
  if (state.status === "running" && resources !== undefined) {
    const { cgroup } = state.record;
    const [flag = ""] = neededControllers(limits).values();
    if (cgroup === undefined) throw new NoCgroupError(flag, "the container runs without one");
    await apply(host, container, { cgroup, changes: limits, resources });
  }
  host.store.containers.update(container.id, { config: changed.config });
  if (state.status === "running" && (changes.health !== undefined || changes.restart !== undefined))
    await watchAnew(host, changed, state.record);
  recordContainerEvent(host, container, "update");
}

function changedSettings({ name, config }: Container, changes: ContainerChanges): ContainerSettings {
  const { restart, health, limits, rlimits, env = [], unsetEnv = [] } = changes;
  const { restart: oldRestart, health: oldHealth, ...rest } = config;
  const newRestart = restart ?? oldRestart;
  const newHealth = health === undefined ? oldHealth : changedHealth(name, oldHealth, health);
  return {
    ...rest,
    ...(limits === undefined ? {} : { limits: { ...config.limits, ...limits } }),
    ...(rlimits === undefined ? {} : { rlimits: changedRlimits(config.rlimits, rlimits) }),
    ...(newRestart === undefined || newRestart.name === "no" ? {} : { restart: newRestart }),
    ...(newHealth === undefined ? {} : { health: newHealth }),
    env: [...config.env.filter((entry) => !unsetEnv.includes(variableName(entry))), ...env],
  };
}

function changedRlimits(
  old: readonly RuntimeLimit[] = [],
  changes: readonly RuntimeLimit[],
): readonly RuntimeLimit[] {
  return [...new Map([...old, ...changes].map((limit) => [limit.type, limit])).values()];
}

function changedHealth(
  name: string,
  old: HealthSettings | undefined,
  { isOff = false, ...changes }: HealthOptions,
): HealthSettings | undefined {
  if (isOff) return undefined;
  const { health } = decideLifecycle({}, { health: { ...old, ...changes } });
  if (health === undefined) throw new NoHealthCheckError(name);
  return health;
}

/** Has the supervisor go by the settings as they are now. */
async function watchAnew(host: ContainerHost, container: Container, record: StartRecord): Promise<void> {
  const { unwatchContainer } = await import("./supervision.ts");
  unwatchContainer(host, container.id);
  if (container.config.restart === undefined && container.config.health === undefined) return;
  const namespace = await host.namespace();
  const { runtime: asked = host.runtime } = container.config;
  const runtime = withCgroupsFor(container, await findRuntime(namespace, { ...host, runtime: asked }));
  const { watchStart } = await import("./watch-start.ts");
  watchStart(host, container, { runtime, namespace, record });
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
