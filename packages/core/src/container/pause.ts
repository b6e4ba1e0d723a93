import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { PAUSED_FILE, readState } from "../runtime/index.ts";
import { waitUntil } from "./end-processes.ts";
import { ContainerStateError, PauseError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";

/** How the processes of a container are held: by the kernel's freezer, or each by SIGSTOP where it has no cgroup. */
export type PauseMeans = "freezer" | "signals";

const FREEZE_TIMEOUT_MS = 10_000;
/** Processes may be born between two looks. */
const ROUNDS = 20;

/**
 * Holds all processes of a container.
 *
 * @throws {ContainerStateError} unless it runs and is not paused
 * @throws {PauseError} when it does not come to rest
 */
export async function pauseContainer(host: ContainerHost, container: Container): Promise<PauseMeans> {
  const { directory } = containerPaths(host, container.id);
  const state = runningState(host, container, "pause");
  if (state.isPaused) throw new ContainerStateError("pause", container.name, "paused");
  const { cgroup } = state.record;
  if (cgroup !== undefined) {
    writeFileSync(join(cgroup, "cgroup.freeze"), "1");
    const isFrozen = () => /^frozen 1$/m.test(readFileSync(join(cgroup, "cgroup.events"), "latin1"));
    if (!(await waitUntil(isFrozen, FREEZE_TIMEOUT_MS))) throw new PauseError(container.name);
  } else {
    writeFileSync(join(directory, PAUSED_FILE), "");
    stopAll(host.procRoot, state.init.pid);
  }
  recordContainerEvent(host, container, "pause");
  return cgroup === undefined ? "signals" : "freezer";
}

/**
 * Lets the processes of a paused container go on.
 *
 * @throws {ContainerStateError} unless it is paused
 */
export function unpauseContainer(host: ContainerHost, container: Container): PauseMeans {
  const { directory } = containerPaths(host, container.id);
  const state = runningState(host, container, "unpause");
  if (!state.isPaused)
    throw new ContainerStateError("unpause", container.name, "running", "it is not paused");
  const { cgroup } = state.record;
  if (cgroup !== undefined) writeFileSync(join(cgroup, "cgroup.freeze"), "0");
  else {
    rmSync(join(directory, PAUSED_FILE), { force: true });
    for (const pid of processesOf(host.procRoot, state.init.pid)) send(pid, "SIGCONT");
  }
  recordContainerEvent(host, container, "unpause");
  return cgroup === undefined ? "signals" : "freezer";
}

function runningState(host: ContainerHost, container: Container, action: string) {
  const { directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError(
      action,
      container.name,
      state.status,
      "only a running container can be paused",
    );
  return state;
}

/** Stops processes until a look finds no new one. */
function stopAll(procRoot: string, init: number): void {
  const stopped = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = processesOf(procRoot, init).filter((pid) => !stopped.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      stopped.add(pid);
      send(pid, "SIGSTOP");
    }
  }
}

/**
 * The processes of a container without a cgroup: those in the pid namespace of its first one, and its descendants where it
 * has none of its own.
 */
export function processesOf(procRoot: string, init: number): number[] {
  const namespace = pidNamespace(procRoot, init);
  const parents = new Map<number, number>();
  const inside: number[] = [];
  const isShared = namespace === pidNamespace(procRoot, process.pid);
  for (const name of readdirSync(procRoot)) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(procRoot, pid);
    if (parent !== undefined) parents.set(pid, parent);
    if (!isShared && pidNamespace(procRoot, pid) === namespace) inside.push(pid);
  }
  if (!isShared && namespace !== undefined) return inside;
  const isBelow = (pid: number | undefined): boolean =>
    pid === init || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}

function pidNamespace(procRoot: string, pid: number): string | undefined {
  try {
    return readlinkSync(join(procRoot, String(pid), "ns/pid"));
  } catch {
    return undefined; // it has ended, or is another user's
  }
}

function parentOf(procRoot: string, pid: number): number | undefined {
  try {
    const stat = readFileSync(join(procRoot, String(pid), "stat"), "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}
