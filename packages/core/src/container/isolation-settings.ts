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
  const { mask, unmask, procOptions, writableFolders, oomScoreAdj: asked } = isolation;
  const isSystemd = runsSystemd(isolation, args);
  const seccomp = seccompProfile(isolation, privileged, host.etc);
  const program = programSettings(host, { isolation, rlimits }, isRootless);
  if (program.oomScoreAdj !== asked)
    host.warn?.(`--oom-score-adj is ${program.oomScoreAdj}, not ${asked}: only root may go below its own`);
  return {
    ...program,
    seccomp: keyring || seccomp === undefined ? seccomp : withoutKeys(seccomp),
    ...(mask === undefined ? {} : { mask }),
    ...(unmask === undefined ? {} : { unmask }),
    ...(procOptions === undefined ? {} : { procOptions }),
    ...(writableFolders === undefined ? {} : { writableFolders }),
    ...(isSystemd ? { systemd: true, env: [...env, `container_uuid=${id.slice(0, 32)}`] } : {}),
    ...(privileged ? { devices: [...privilegedDevices(isSystemd), ...devices] } : {}),
    ...(isolation.ipc?.kind === "none" ? { sharedMemory: false } : {}),
  };
}

/** What is asked of each program of a container, its own and those that join it later. */
export function programSettings(
  { procRoot }: Pick<StepHost, "procRoot">,
  { isolation = {}, rlimits = [] }: Pick<BundleInput, "isolation" | "rlimits">,
  isRootless: boolean,
): Pick<SpecInput, "oomScoreAdj" | "apparmorProfile"> & Required<Pick<SpecInput, "umask" | "rlimits">> {
  const { oomScoreAdj, hostLimits } = isolation;
  const apparmorProfile = appArmorProfile(isolation, isRootless);
  return {
    umask: isolation.umask ?? UMASK,
    rlimits: hostLimits === true ? [...ownLimits(procRoot), ...rlimits] : rlimits,
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj: allowedOomScore(oomScoreAdj, isRootless, procRoot) }),
  };
}
