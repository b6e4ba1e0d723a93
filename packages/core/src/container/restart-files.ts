import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { writeFileAtomically } from "../io/index.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";

/** The delay of a first restart. */
export const FIRST_DELAY_MS = 100;

const FILE = "restarts.json";
const STOPPED = "stopped";

/** What is kept of the restarts of a container since it was last started by hand. */
export interface Restarts {
  readonly count: number;
  /** How long the next one is put off. */
  readonly delayMs: number;
}

/** How often, by its policy, a container was started again. */
export function readRestarts(
  { store, runtimeDir }: Pick<ContainerHost, "store" | "runtimeDir">,
  id: string,
): Restarts {
  try {
    const path = join(containerPaths({ store, runtimeDir }, id).directory, FILE);
    const { count, delayMs } = JSON.parse(readFileSync(path, "utf8")) as Restarts;
    return { count, delayMs };
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError)
      return { count: 0, delayMs: FIRST_DELAY_MS };
    throw error;
  }
}

/** A start by hand begins to count anew. */
export function beginRestarts(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

/** Notes that a user ended the container: its policy then has nothing to say. */
export function markStopped(directory: string): void {
  writeFileAtomically(join(directory, STOPPED), "", { mode: 0o600, sync: false });
}

export function forgetStopped(directory: string): void {
  rmSync(join(directory, STOPPED), { force: true });
}

/** Whether a user ended the container's last run. */
export function isStoppedByUser(
  { store, runtimeDir }: Pick<ContainerHost, "store" | "runtimeDir">,
  id: string,
): boolean {
  return existsSync(join(containerPaths({ store, runtimeDir }, id).directory, STOPPED));
}

/** Writes down a restart that is about to be. */
export function writeRestarts(directory: string, restarts: Restarts): void {
  writeFileAtomically(join(directory, FILE), JSON.stringify(restarts), { mode: 0o600, sync: false });
}
