import { endProcesses } from "./end-processes.ts";
import type { ContainerHost } from "./host.ts";
import type { RestartPolicy } from "./lifecycle-settings.ts";
import { containerState } from "./list.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import { FIRST_DELAY_MS, isStoppedByUser, readRestarts, writeRestarts } from "./restart-files.ts";
import { startDetached } from "./run.ts";
import type { Container } from "./settings.ts";
import { stopContainer } from "./stop.ts";

const LONGEST_DELAY_MS = 60_000;
/** A run that lasted this long is taken for a success. */
const SETTLED_MS = 10_000;

/** Whether a policy wants another run after this end. */
export function wantsRestart(policy: RestartPolicy | undefined, exitCode: number, count: number): boolean {
  switch (policy?.name) {
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return exitCode !== 0 && (policy.retries === undefined || count < policy.retries);
    default:
      return false;
  }
}

/** The delay after a run: twice the last one, until a run lasts. */
export function nextDelay(delayMs: number, ranMs: number): number {
  return ranMs >= SETTLED_MS ? FIRST_DELAY_MS : Math.min(delayMs * 2, LONGEST_DELAY_MS);
}

/**
 * Starts a container again that has ended, if its policy wants that and no user ended it. Gives whether it did.
 */
export async function restartEnded(host: ContainerHost, container: Container): Promise<boolean> {
  const { directory } = containerPaths(host, container.id);
  const state = containerState(host, container);
  if (state.status !== "exited" || isStoppedByUser(host, container.id)) return false;
  const { count, delayMs } = readRestarts(host, container.id);
  if (!wantsRestart(container.config.restart, state.exitCode, count)) return false;
  const ranMs = Date.parse(state.finishedAt) - Date.parse(state.startedAt);
  writeRestarts(directory, { count: count + 1, delayMs: nextDelay(delayMs, ranMs) });
  recordContainerEvent(host, container, "restart");
  await startDetached(host, container, { isRestart: true });
  return true;
}

/** Does with an unhealthy container what was decided. A killed one is left to its restart policy. */
export async function actOnFailedHealth(
  host: ContainerHost,
  container: Container,
  action = container.config.health?.onFailure,
): Promise<void> {
  const state = containerState(host, container);
  if (state.status !== "running") return;
  switch (action) {
    case "kill":
      await endProcesses(container.name, [state.init], host.procRoot);
      return;
    case "stop":
      await stopContainer(host, container);
      return;
    case "restart":
      recordContainerEvent(host, container, "restart");
      await stopContainer(host, container);
      await startDetached(host, container, { isRestart: true });
      return;
    default:
  }
}
