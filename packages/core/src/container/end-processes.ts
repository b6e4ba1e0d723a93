import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../error/index.ts";
import { monotonicMs } from "../io/index.ts";
import { isRunning, type ProcessIdentity } from "../process/index.ts";
import { ContainerStuckError } from "./errors.ts";

/** SIGKILL takes effect at once, unless a process waits inside the kernel. */
const KILL_TIMEOUT_MS = 10_000;

/**
 * Kills processes and waits until they are gone.
 *
 * @throws {ContainerStuckError}
 */
export async function endProcesses(
  name: string,
  identities: readonly ProcessIdentity[],
  procRoot: string,
): Promise<void> {
  for (const identity of identities) sendSignal(identity, 9, procRoot);
  const isOver = await waitUntil(
    () => !identities.some((identity) => isRunning(identity, procRoot)),
    KILL_TIMEOUT_MS,
  );
  if (isOver) return;
  const left = identities.filter((identity) => isRunning(identity, procRoot));
  throw new ContainerStuckError(
    name,
    left.map(({ pid }) => pid),
  );
}

/** Sends a signal to a process, if it is still that one. Gives whether it was. */
export function sendSignal(identity: ProcessIdentity, signal: number, procRoot: string): boolean {
  if (!isRunning(identity, procRoot)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
    throw error;
  }
}

/** Waits for something that nobody tells us of: looks often at first, then every 50 ms. Gives whether it came. */
export async function waitUntil(
  condition: () => boolean,
  timeoutMs = Infinity,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = monotonicMs() + timeoutMs;
  for (let delay = 1; !condition(); delay = Math.min(delay * 1.5, 50)) {
    if (monotonicMs() > end) return false;
    await sleep(delay, undefined, signal === undefined ? {} : { signal });
  }
  return true;
}
