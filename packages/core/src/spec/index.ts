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
  SpecInput,
  SpecMount,
  SpecNamespaces,
  TmpfsMount,
} from "./spec-input.ts";
export { resolveUser, type ResolvedUser, type UserDatabase } from "./resolve-user.ts";
export type { SeccompProfile } from "./seccomp-profile.ts";
