import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseDuration, UsageError } from "@wherry/core/cli";
import { EVENTS_LOGGER, type HealthAction, type HealthOptions } from "@wherry/core/container";
import type { Engine } from "@wherry/core/engine";
import type { CreationFlags } from "./create-options.ts";
import { EventsNotKeptError } from "./errors.ts";
import type { healthFlags } from "./health-flags.ts";

/** The values of the flags of `run`, `create` and `update` about health. */
export type HealthFlags = Pick<CreationFlags, keyof typeof healthFlags>;

const DEFAULT_MS = 30_000;

/**
 * What the flags say of the checks of a container's health; undefined where they say nothing.
 *
 * @param folder where relative paths start
 * @throws {UsageError}
 */
export function healthOptions(flags: HealthFlags, folder: string): HealthOptions | undefined {
  if (
    !Object.entries(flags).some(
      ([name, value]) => /^(?:no-)?health/.test(name) && value !== undefined && value !== false,
    )
  )
    return undefined;
  const test = flags["health-cmd"] === undefined ? undefined : parseTest(flags["health-cmd"]);
  const isOff = flags["no-healthcheck"] || test?.[0] === "NONE";
  if (flags["no-healthcheck"] && test !== undefined)
    throw new UsageError("cannot specify both --no-healthcheck and --health-cmd");
  const interval = flags["health-interval"];
  const onFailure = flags["health-on-failure"] as HealthAction | undefined;
  return {
    isOff,
    ...(test === undefined ? {} : { test }),
    ...(interval === undefined
      ? {}
      : { intervalMs: interval === "disable" ? 0 : time(interval, "interval") }),
    ...optional("timeoutMs", flags["health-timeout"], "timeout"),
    ...optional("startPeriodMs", flags["health-start-period"], "start-period"),
    ...optional("startIntervalMs", flags["health-start-interval"], "start-interval"),
    ...(flags["health-retries"] === undefined ? {} : { retries: flags["health-retries"] }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...startupOptions(flags),
    ...logOptions(flags, folder),
  };
}

/** Checks that there are events, where they are to have the log of the checks. @throws {EventsNotKeptError} */
export function checkHealthLog({ store }: Pick<Engine, "store">, flags: HealthFlags): void {
  if (flags["health-log-destination"] === EVENTS_LOGGER && !store.events.isKept)
    throw new EventsNotKeptError();
}

function startupOptions(flags: HealthFlags): Pick<HealthOptions, "startup"> {
  const command = flags["health-startup-cmd"];
  if (command === undefined) {
    const alone = Object.entries(flags).find(
      ([name, value]) => name.startsWith("health-startup-") && value !== undefined,
    );
    if (alone !== undefined) throw new UsageError(`--${alone[0]} needs --health-startup-cmd`);
    return {};
  }
  const test = parseTest(command);
  if (test[0] === "NONE") return {};
  const { intervalMs = DEFAULT_MS } = optional(
    "intervalMs",
    flags["health-startup-interval"],
    "startup-interval",
  );
  const { timeoutMs = DEFAULT_MS } = optional(
    "timeoutMs",
    flags["health-startup-timeout"],
    "startup-timeout",
  );
  const [retries, successes] = [flags["health-startup-retries"] ?? 0, flags["health-startup-success"] ?? 1];
  return { startup: { test, intervalMs, timeoutMs, retries, successes: Math.max(successes, 1) } };
}

/** @throws {UsageError} for a folder that is none */
function logOptions(
  flags: HealthFlags,
  folder: string,
): Pick<HealthOptions, "logDestination" | "logCount" | "logSize"> {
  const logDestination = parseDestination(flags["health-log-destination"], folder);
  const [logCount, logSize] = [flags["health-max-log-count"], flags["health-max-log-size"]];
  return {
    ...(logDestination === undefined ? {} : { logDestination }),
    ...(logCount === undefined ? {} : { logCount }),
    ...(logSize === undefined ? {} : { logSize }),
  };
}

function parseDestination(text: string | undefined, folder: string): string | undefined {
  if (text === undefined || text === "local" || text === EVENTS_LOGGER) return text;
  const path = resolve(folder, text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(
      `--health-log-destination must be local, ${EVENTS_LOGGER} or a folder that is there: ${text}`,
    );
  return path;
}

/** A line for the shell, or a JSON list of words, with or without its kind. */
function parseTest(text: string): readonly string[] {
  if (text === "none" || text === "") return ["NONE"];
  if (!text.startsWith("[")) return ["CMD-SHELL", text];
  let words: unknown;
  try {
    words = JSON.parse(text);
  } catch {
    return ["CMD-SHELL", text];
  }
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string"))
    throw new UsageError(`invalid --health-cmd ${text}: a JSON list of words, or a line for the shell`);
  return words[0] === "CMD" || words[0] === "CMD-SHELL" || words[0] === "NONE" ? words : ["CMD", ...words];
}

function optional<Key extends string>(
  key: Key,
  text: string | undefined,
  flag: string,
): { [K in Key]?: number } {
  return text === undefined ? {} : ({ [key]: time(text, flag) } as { [K in Key]?: number });
}

function time(text: string, flag: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds < 0) throw new UsageError(`--health-${flag} must not be negative: ${text}`);
  return milliseconds;
}
