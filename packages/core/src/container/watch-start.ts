import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, randomHex, writeFileAtomically } from "../io/index.ts";
import type { Runtime, StartRecord } from "../runtime/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { execProcess } from "./exec-session.ts";
import { forgetHealth, healthFiles } from "./health.ts";
import { healthScript } from "./health-script.ts";
import type { ContainerHost } from "./host.ts";
import type { HealthSettings } from "./lifecycle-settings.ts";
import { containerPaths } from "./paths.ts";
import { containerEvent } from "./record-event.ts";
import { readRestarts } from "./restart-files.ts";
import type { Container } from "./settings.ts";
import { supervisionFolder, watchContainer, type WatchedHealth } from "./supervision.ts";

/** Until the startup check has succeeded. */
const FOREVER_MS = 1e12;

export interface WatchedStart {
  readonly runtime: Runtime;
  readonly namespace: UserNamespace;
  readonly record: StartRecord;
}

/** Has the supervisor watch a container that has just started, where it has a policy or a health check. */
export function watchStart(host: ContainerHost, container: Container, start: WatchedStart): void {
  const { restart, health } = container.config;
  const { id } = container;
  rmSync(join(supervisionFolder(host), `${id}.ended`), { force: true });
  watchContainer(host, {
    id,
    monitor: start.record.monitor,
    restartDelayMs: restart === undefined ? undefined : readRestarts(host, id).delayMs,
    health: health === undefined ? undefined : watchedHealth(host, container, start, health),
  });
}

function watchedHealth(
  host: ContainerHost,
  container: Container,
  { runtime, namespace, record }: WatchedStart,
  health: HealthSettings,
): WatchedHealth {
  const { id } = container;
  const folder = supervisionFolder(host);
  const { directory, bundle } = containerPaths(host, id);
  const pidFile = join(bundle, `health-${randomHex(4)}.pid`);
  makeDirectory(folder);
  rmSync(join(folder, `${id}.healthy`), { force: true });
  forgetHealth(directory, container);
  const enter = namespace.enterMounts(record.monitor.pid);
  const probe = ([kind, ...words]: readonly string[], file: string): string[] => {
    const processFile = join(folder, file);
    const args = kind === "CMD-SHELL" ? ["/bin/sh", "-c", words.join(" ")] : words;
    writeFileAtomically(processFile, JSON.stringify(execProcess(host, container, { args }, namespace)), {
      mode: 0o600,
      sync: false,
    });
    return [...enter, ...runtime.argv("exec", "--pid-file", pidFile, "--process", processFile, id)];
  };
  const { startup } = health;
  return {
    ...health,
    ...(startup === undefined
      ? { startIntervalMs: health.startIntervalMs ?? health.intervalMs }
      : { startIntervalMs: startup.intervalMs, startPeriodMs: FOREVER_MS }),
    script: healthScript({
      health,
      enter,
      probe: probe(health.test, `${id}.json`),
      startupProbe: startup === undefined ? undefined : probe(startup.test, `${id}.startup`),
      pidFile,
      ...healthFiles(directory, container),
      events: host.store.events.isKept ? host.store.events.path : undefined,
      event: containerEvent(container, "health_status"),
    }),
  };
}
