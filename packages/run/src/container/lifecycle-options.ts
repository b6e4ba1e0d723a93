import { resolve } from "node:path";
import { parseDuration, UsageError } from "@wherry/core/cli";
import type { HealthAction, HealthOptions, LifecycleOptions, RestartPolicy } from "@wherry/core/container";
import type { CreationFlags } from "./create-options.ts";

/**
 * What the flags ask of restarts, health and what comes with start and end.
 *
 * @param folder where relative paths start
 * @throws {UsageError}
 */
export function lifecycleOptions(flags: CreationFlags, folder: string): LifecycleOptions {
  const policy = flags.restart === undefined ? undefined : parseRestartPolicy(flags.restart);
  if (policy !== undefined && policy.name !== "no" && (flags.rm || flags.rmi))
    throw new UsageError(
      'the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"',
    );
  return {
    ...(policy === undefined || policy.name === "no" ? {} : { restart: policy }),
    health: healthOptions(flags),
    ...endOptions(flags, folder),
  };
}

function endOptions(flags: CreationFlags, folder: string): LifecycleOptions {
  const { cidfile, pidfile, requires, rmi, timeout } = flags;
  const monitorPidFile = flags["conmon-pidfile"];
  const containers = requires?.flatMap((text) => text.split(",")).filter((name) => name !== "");
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(containers === undefined ? {} : { requires: containers }),
    ...(cidfile === undefined ? {} : { cidFile: resolve(folder, cidfile) }),
    ...(pidfile === undefined ? {} : { pidFile: resolve(folder, pidfile) }),
    ...(monitorPidFile === undefined ? {} : { monitorPidFile: resolve(folder, monitorPidFile) }),
    ...(rmi ? { removesImage: true } : {}),
  };
}

/** Reads `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:5`. @throws {UsageError} */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name = "", retries, ...rest] = text.split(":");
  const isKnown = name === "no" || name === "always" || name === "unless-stopped" || name === "on-failure";
  if (name === "never" || name === "") return { name: "no" };
  if (!isKnown || rest.length > 0)
    throw new UsageError(
      `${text} is not a valid restart policy: choose no, always, on-failure[:n] or unless-stopped`,
    );
  if (retries === undefined) return { name };
  if (name !== "on-failure")
    throw new UsageError("restart policy retries can only be specified with on-failure restart policy");
  if (!/^\d+$/.test(retries))
    throw new UsageError(`restart policy retry count must be a number: ${JSON.stringify(retries)}`);
  return { name, retries: Number(retries) };
}

function healthOptions(flags: CreationFlags): HealthOptions {
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
  };
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
