import { runsSystemd, withoutKeys, type SpecInput } from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import type { BundleInput } from "./bundle-input.ts";
import { privilegedDevices } from "./host-devices.ts";
import type { StepHost } from "./host.ts";
import { allowedOomScore, appArmorProfile, ownLimits, seccompProfile } from "./isolate.ts";

const UMASK = 0o022;

/** What `Isolation` decides of config.json. */
export function isolationSettings(
  host: StepHost,
  { isRootless }: UserNamespace,
  {
    id,
    args,
    env,
    isolation = {},
    privileged = false,
    rlimits = [],
    devices = [],
    keyring = true,
  }: BundleInput,
): Pick<SpecInput, "seccomp" | "rlimits" | "umask"> & Partial<SpecInput> {
  const { etc, procRoot } = host;
  const { mask, unmask, procOptions, writableFolders, oomScoreAdj, hostLimits } = isolation;
  const isSystemd = runsSystemd(isolation, args);
  const apparmorProfile = appArmorProfile(isolation, isRootless);
  const seccomp = seccompProfile(isolation, privileged, etc);
  return {
    seccomp: keyring || seccomp === undefined ? seccomp : withoutKeys(seccomp),
    umask: isolation.umask ?? UMASK,
    rlimits: hostLimits === true ? [...ownLimits(procRoot), ...rlimits] : rlimits,
    ...(mask === undefined ? {} : { mask }),
    ...(unmask === undefined ? {} : { unmask }),
    ...(procOptions === undefined ? {} : { procOptions }),
    ...(writableFolders === undefined ? {} : { writableFolders }),
    ...(isSystemd ? { systemd: true, env: [...env, `container_uuid=${id.slice(0, 32)}`] } : {}),
    ...(privileged ? { devices: [...privilegedDevices(isSystemd), ...devices] } : {}),
    ...(isolation.ipc?.kind === "none" ? { sharedMemory: false } : {}),
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj: oomScore(host, isRootless, oomScoreAdj) }),
  };
}

function oomScore(host: StepHost, isRootless: boolean, asked: number): number {
  const allowed = allowedOomScore(asked, isRootless, host.procRoot);
  if (allowed !== asked)
    host.warn?.(`--oom-score-adj is ${allowed}, not ${asked}: only root may go below its own`);
  return allowed;
}
