import { resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import type { LifecycleOptions, RestartPolicy } from "@wherry/core/container";
import type { CreationFlags } from "./create-options.ts";
import { healthOptions } from "./health-options.ts";

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
    health: healthOptions(flags, folder) ?? {},
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
      `${JSON.stringify(text)} is not a valid restart policy: choose no, always, on-failure[:n] or unless-stopped`,
    );
  if (retries === undefined) return { name };
  if (name !== "on-failure")
    throw new UsageError("restart policy retries can only be specified with on-failure restart policy");
  if (!/^\d+$/.test(retries))
    throw new UsageError(`restart policy retry count must be a number: ${JSON.stringify(retries)}`);
  return { name, retries: Number(retries) };
}
