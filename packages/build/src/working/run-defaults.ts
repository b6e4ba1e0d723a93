import type { Step } from "@wherry/core/container";
import { parseAddHost } from "@wherry/core/network";
import { parseLimit, parseSize, parseVolume, type SpecMount } from "@wherry/core/spec";
import { WorkingContainerError } from "./errors.ts";
import { parseIsolation, parseMachineOptions, parseRunNetwork, parseSecurityOptions } from "./run-options.ts";
import type { RunDefaults } from "./working-container.ts";

/** Says what is wrong with the choices before anything is done. @throws {UsageError | InvalidMountError} */
export function checkRunDefaults(run: RunDefaults, folder: string): void {
  withRunDefaults({ layers: [], upper: "", work: "", args: [], env: [] }, run, folder);
}

/** The step with what the command line says of all commands of a build; what the step says itself counts more. */
export function withRunDefaults(step: Step, run: RunDefaults, folder: string): Step {
  const network = parseRunNetwork(run.network);
  const isolation = parseIsolation(run.isolation);
  const { addHosts = [], dns = [], dnsSearch = [], dnsOptions = [], ulimits = [] } = run;
  const names = [addHosts, dns, dnsSearch, dnsOptions];
  return {
    ...(network === undefined ? {} : { network }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(run.shmSize === undefined ? {} : { shmSize: parseSize(run.shmSize, "shm-size") }),
    ...(ulimits.length === 0 ? {} : { rlimits: ulimits.map(parseLimit) }),
    ...(names.every(({ length }) => length === 0)
      ? {}
      : { nameChoices: { addedHosts: addHosts.map(parseAddHost), dns, dnsSearch, dnsOptions } }),
    ...parseSecurityOptions(run.securityOptions ?? []),
    ...parseMachineOptions(run),
    ...step,
    addCapabilities: [...(run.addCapabilities ?? []), ...(step.addCapabilities ?? [])],
    dropCapabilities: [...(run.dropCapabilities ?? []), ...(step.dropCapabilities ?? [])],
    mounts: [...(run.volumes ?? []).map((text) => mountOf(text, folder)), ...(step.mounts ?? [])],
  };
}

function mountOf(text: string, folder: string): SpecMount {
  const request = parseVolume(text, folder);
  if (request.type === "bind") return request;
  throw new WorkingContainerError(
    `--volume ${text}: a build has no named volumes`,
    "mount a folder: /PATH:/PATH",
  );
}
