import type { HealthSettings, StartupSettings } from "@wherry/core/container";

/** Nanoseconds, in which Docker and podman write times of health checks. */
function nanoseconds(ms: number): number {
  return ms * 1_000_000;
}

/** How a container's health is asked for, as `Config.Healthcheck` has it. */
export function healthcheckOf(health: HealthSettings): object {
  const { test, startPeriodMs, startIntervalMs, intervalMs, timeoutMs, retries } = health;
  return {
    Test: test,
    ...(startPeriodMs === 0 ? {} : { StartPeriod: nanoseconds(startPeriodMs) }),
    ...(startIntervalMs === undefined ? {} : { StartInterval: nanoseconds(startIntervalMs) }),
    Interval: nanoseconds(intervalMs),
    Timeout: nanoseconds(timeoutMs),
    Retries: retries,
  };
}

/** The same of the check that comes before it, as `Config.StartupHealthCheck` has it. */
export function startupCheckOf({ test, intervalMs, timeoutMs, retries, successes }: StartupSettings): object {
  return {
    Test: test,
    Interval: nanoseconds(intervalMs),
    Timeout: nanoseconds(timeoutMs),
    Retries: retries,
    ...(successes === 0 ? {} : { Successes: successes }),
  };
}
