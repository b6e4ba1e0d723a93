import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readEvents } from "../store/index.ts";
import type { ContainerHost } from "./host.ts";
import { readHealth } from "./health.ts";
import { containerState } from "./list.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

/** States that can be waited for, in podman's words. */
export const WAIT_CONDITIONS = [
  "configured",
  "created",
  "exited",
  "healthy",
  "initialized",
  "paused",
  "removing",
  "running",
  "stopped",
  "stopping",
  "unhealthy",
] as const;

export interface WaitOptions {
  /** Of `WAIT_CONDITIONS`; any of them will do. */
  readonly conditions: readonly string[];
  /** The longest time between two looks. */
  readonly intervalMs: number;
  readonly signal?: AbortSignal;
}

/** Waits until a container is in one of some states. Gives its exit code, -1 when it has none. */
export async function waitForCondition(
  host: ContainerHost,
  container: Container,
  { conditions, intervalMs, signal }: WaitOptions,
): Promise<number> {
  for (let delay = 1; ; delay = Math.max(1, Math.min(delay * 1.5, intervalMs))) {
    if (!existsSync(containerPaths(host, container.id).directory)) return lastExitCode(host, container);
    const words = stateWords(host, container);
    if (conditions.some((condition) => words.includes(condition))) return exitCodeNow(host, container);
    await sleep(delay, undefined, signal === undefined ? {} : { signal });
  }
}

/** A container that never ran is as good as stopped to podman: nothing is to be waited for. */
function stateWords(host: ContainerHost, container: Container): string[] {
  const state = containerState(host, container);
  const health = readHealth(host, container)?.status;
  switch (state.status) {
    case "created":
      return ["configured", "created", "stopped"];
    case "starting":
      return ["initialized"];
    case "running":
      return [state.isPaused ? "paused" : "running", ...(health === undefined ? [] : [health])];
    case "exited":
      return ["exited", "stopped"];
  }
}

function exitCodeNow(host: ContainerHost, container: Container): number {
  const state = containerState(host, container);
  if (state.status === "exited") return state.exitCode;
  return state.status === "created" ? 0 : -1;
}

/** Of a container that is gone, with `--rm` as a rule. */
async function lastExitCode({ store }: ContainerHost, { id }: Container): Promise<number> {
  let exitCode = -1;
  for await (const event of readEvents(store.events))
    if (event.id === id && event.status === "died") exitCode = event.exitCode ?? exitCode;
  return exitCode;
}
