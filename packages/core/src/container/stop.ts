import { isRunning } from "../process/index.ts";
import { readState } from "../runtime/index.ts";
import { endProcesses, sendSignal, waitUntil } from "./end-processes.ts";
import { ContainerStateError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import { markStopped } from "./restart-files.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import { parseSignal, signalName } from "./signals.ts";

export interface StopOptions {
  /** Seconds until SIGKILL; default what was decided at creation. */
  readonly timeout?: number;
}

/** How a container came to its end. */
export interface Stopped {
  /** Whether it ran at all. */
  readonly wasRunning: boolean;
  /** It did not end by its stop signal in time. */
  readonly wasKilled: boolean;
}

/** After a container's end: how long its monitor may take to write that down. */
const SETTLE_TIMEOUT_MS = 10_000;

/** Ends a container by its stop signal, and by SIGKILL when that does not help in time. One that does not run is left as it is. */
export async function stopContainer(
  host: ContainerHost,
  container: Container,
  { timeout = container.config.stopTimeout }: StopOptions = {},
): Promise<Stopped> {
  const { directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  if (state.status !== "running") return { wasRunning: false, wasKilled: false };
  const { init, record } = state;
  const { monitor } = record;
  const isOver = () => readState(container.id, directory, host.procRoot).status === "exited";
  let wasKilled = false;
  if (container.config.restart !== undefined) markStopped(directory);
  if (timeout > 0) sendSignal(init, parseSignal(container.config.stopSignal), host.procRoot);
  if (timeout <= 0 || !(await waitUntil(isOver, timeout * 1000))) {
    wasKilled = true;
    if (timeout > 0)
      host.warn?.(
        `StopSignal ${signalName(parseSignal(container.config.stopSignal))} failed to stop container ${container.name} in ${timeout} seconds, resorting to SIGKILL`,
      );
    await endProcesses(container.name, [init], host.procRoot);
  }
  await waitUntil(isOver, SETTLE_TIMEOUT_MS);
  // it writes down the end, and has the runtime forget the container, before it ends itself
  await waitUntil(() => !isRunning(monitor, host.procRoot), SETTLE_TIMEOUT_MS);
  recordContainerEvent(host, container, "stop");
  return { wasRunning: true, wasKilled };
}

/**
 * Sends a signal to a container's first process.
 *
 * @throws {ContainerStateError | InvalidSignalError}
 */
export function killContainer(host: ContainerHost, container: Container, signal = "SIGKILL"): void {
  const number = parseSignal(signal);
  const { directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError(
      "kill",
      container.name,
      state.status,
      "only a running container takes signals",
    );
  const isEnd = [9, 15, parseSignal(container.config.stopSignal)].includes(number);
  if (isEnd && container.config.restart !== undefined) markStopped(directory);
  sendSignal(state.init, number, host.procRoot);
  recordContainerEvent(host, container, "kill", { attributes: { signal: String(number) } });
}
