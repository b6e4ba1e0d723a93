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
  OverlayChoice,
  Propagation,
  SpecDevice,
  SpecIdMap,
  SpecFiles,
  SpecInput,
  SpecMount,
  SpecialMount,
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
export { checkSysctls } from "./check-sysctls.ts";
export { createRuntimeSpec } from "./create-runtime-spec.ts";
export { defaultSeccompProfile } from "./default-seccomp.ts";
export {
  DuplicateMountError,
  InvalidHookError,
  InvalidLimitError,
  InvalidMountError,
  InvalidNamespaceModeError,
  InvalidSeccompProfileError,
  InvalidSecretError,
  InvalidSecurityOptionError,
  InvalidSettingError,
  InvalidSysctlError,
  InvalidUserError,
  UnknownCapabilityError,
  UnknownGroupError,
  UnknownUserError,
} from "./errors.ts";
export { readHooks } from "./hooks.ts";
export type { Isolation } from "./isolation.ts";
export {
  limitResources,
  neededControllers,
  type DeviceRate,
  type DeviceWeight,
  type Limits,
} from "./limits.ts";
export {
  formatNamespaceMode,
  parseNamespaceMode,
  type NamespaceKind,
  type NamespaceMode,
} from "./namespace-mode.ts";
export { parseLimit } from "./parse-limit.ts";
export { parseResources, wholeNumber, type ResourceTexts } from "./parse-resources.ts";
export { parseSize } from "./parse-size.ts";
export type { GlobRequest, ImageRequest, MountRequest, VolumeRequest } from "./mount-requests.ts";
export { parseSecret, type SecretRequest } from "./parse-secret.ts";
export { parseMount } from "./parse-mount.ts";
export { parseTmpfs, parseVolume, VOLUME_NAME } from "./parse-volume.ts";
export { resolveUser, type ResolvedUser, type UserDatabase } from "./resolve-user.ts";
export { parseSeccompProfile, translateSeccomp, type SeccompProfile } from "./seccomp-profile.ts";
export { withoutKeys } from "./without-keys.ts";
export { runsSystemd, SYSTEMD_STOP_SIGNAL } from "./systemd.ts";
export { DEFAULT_SHM_SIZE, INIT_PATH } from "./system-mounts.ts";
export { parseSecurityOptions, type SecurityOptions } from "./security-options.ts";
