export type {
  RuntimeCapabilities,
  RuntimeDevice,
  RuntimeLimit,
  RuntimeLinux,
  RuntimeMount,
  RuntimeNamespace,
  RuntimeProcess,
  RuntimeResources,
  RuntimeSeccomp,
  RuntimeSpec,
  RuntimeUser,
} from "./runtime-spec.ts";
export type {
  BindMount,
  NamespaceChoice,
  Propagation,
  SpecDevice,
  SpecFiles,
  SpecInput,
  SpecMount,
  SpecNamespaces,
  TmpfsMount,
} from "./spec-input.ts";
export {
  capabilityNames,
  capabilitySets,
  DEFAULT_CAPABILITIES,
  type CapabilityChoice,
} from "./capabilities.ts";
export { containerEnv } from "./container-env.ts";
export { createRuntimeSpec } from "./create-runtime-spec.ts";
export { defaultSeccompProfile } from "./default-seccomp.ts";
export {
  DuplicateMountError,
  InvalidHookError,
  InvalidLimitError,
  InvalidMountError,
  InvalidSeccompProfileError,
  InvalidUserError,
  UnknownCapabilityError,
  UnknownGroupError,
  UnknownUserError,
} from "./errors.ts";
export { readHooks } from "./hooks.ts";
export { parseLimit } from "./parse-limit.ts";
export { parseMount, parseTmpfs, parseVolume, type VolumeRequest } from "./parse-volume.ts";
export { resolveUser, type ResolvedUser, type UserDatabase } from "./resolve-user.ts";
export { parseSeccompProfile, translateSeccomp, type SeccompProfile } from "./seccomp-profile.ts";
export { DEFAULT_SHM_SIZE, INIT_PATH } from "./system-mounts.ts";
