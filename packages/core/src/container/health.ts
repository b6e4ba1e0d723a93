import { rmSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeFileAtomically } from "../io/index.ts";
import { EVENTS_LOGGER } from "./decide-lifecycle.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

export type HealthStatus = "starting" | "healthy" | "unhealthy";

/** One check of a container's health. */
export interface HealthCheckResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** 0 is healthy; -1: it took too long. */
  readonly exitCode: number;
  /** The beginning of what it wrote. */
  readonly output: string;
}

export interface Health {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  /** The last ones, the oldest first. */
  readonly log: readonly HealthCheckResult[];
}

const STATE_FILE = "health";
const LOG_FILE = "health.log";

/** Where a check writes what it found. */
export function healthFiles(
  directory: string,
  { id, config: { health } }: Pick<Container, "id" | "config">,
): { readonly state: string; readonly log: string } {
  const { logDestination: destination = "local" } = health ?? {};
  const isOwn = destination === "local" || destination === EVENTS_LOGGER;
  const log = isOwn ? join(directory, LOG_FILE) : join(destination, `${id}-healthcheck.log`);
  return { state: join(directory, STATE_FILE), log };
}

/** What is known of a container's health; undefined when nothing checks it. */
export function readHealth(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  container: Container,
): Health | undefined {
  if (container.config.health === undefined) return undefined;
  const files = healthFiles(containerPaths(host, container.id).directory, container);
  const [status, streak] = (readIfThere(files.state) ?? "").trim().split(" ");
  return {
    status: status === "healthy" || status === "unhealthy" ? status : "starting",
    failingStreak: Number(streak ?? 0),
    log: (readIfThere(files.log) ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map(parseHealthLine),
  };
}

/** A start begins anew with it. */
export function forgetHealth(directory: string, container: Pick<Container, "id" | "config">): void {
  const { state, log } = healthFiles(directory, container);
  rmSync(log, { force: true });
  writeFileAtomically(state, "starting 0\n", { mode: 0o600, sync: false });
}

/** Reads a check as it is written down. */
export function parseHealthLine(line: string): HealthCheckResult {
  const [start = "", end = "", code = "", output = ""] = line.split(" ");
  return { start, end, exitCode: Number(code), output: Buffer.from(output, "base64").toString() };
}
