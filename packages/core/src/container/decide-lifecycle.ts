import type { ContainerConfig } from "../oci/index.ts";
import type { HealthAction, HealthSettings, LifecycleSettings } from "./lifecycle-settings.ts";

/** What a user asks of the checks of a container's health; all that is absent is the image's or a default. */
export interface HealthOptions extends Partial<HealthSettings> {
  /** Nothing is checked, whatever the image says. */
  readonly isOff?: boolean;
}

export interface LifecycleOptions extends Omit<LifecycleSettings, "health" | "imageDigest"> {
  readonly health?: HealthOptions;
}

/** The destination of a log of checks by which events have it, too. */
export const EVENTS_LOGGER = "events_logger";

const NANOSECONDS = 1e6;
const INTERVAL_MS = 30_000;
const RETRIES = 3;

/** The settings of a container's life: the user's, and for its health the image's below them. */
export function decideLifecycle(
  { Healthcheck: image }: ContainerConfig,
  { health = {}, ...others }: LifecycleOptions,
): LifecycleSettings {
  const test = health.test ?? image?.Test ?? [];
  const { isOff = false, ...asked } = health;
  if (isOff || !isTest(test)) return others;
  const milliseconds = (value: number | undefined) =>
    value === undefined || value === 0 ? undefined : value / NANOSECONDS;
  const startIntervalMs = health.startIntervalMs ?? milliseconds(image?.StartInterval);
  return {
    ...others,
    health: {
      ...asked,
      test,
      intervalMs: health.intervalMs ?? milliseconds(image?.Interval) ?? INTERVAL_MS,
      timeoutMs: health.timeoutMs ?? milliseconds(image?.Timeout) ?? INTERVAL_MS,
      retries: health.retries ?? (image?.Retries === 0 ? undefined : image?.Retries) ?? RETRIES,
      startPeriodMs: health.startPeriodMs ?? milliseconds(image?.StartPeriod) ?? 0,
      ...(startIntervalMs === undefined ? {} : { startIntervalMs }),
      onFailure: health.onFailure ?? ("none" satisfies HealthAction),
    },
  };
}

function isTest([kind, ...words]: readonly string[]): boolean {
  return (kind === "CMD" || kind === "CMD-SHELL") && words.length > 0;
}
