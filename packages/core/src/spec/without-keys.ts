import type { SeccompProfile } from "./seccomp-profile.ts";

const KEY_CALLS = ["add_key", "keyctl", "request_key"];
const ENOSYS = 38;

/** The profile without the system calls for kernel keys: for a container that would reach the keyring of its user. */
export function withoutKeys(profile: SeccompProfile): SeccompProfile {
  const others = profile.syscalls
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !KEY_CALLS.includes(name)) }))
    .filter(({ names }) => names.length > 0);
  return {
    ...profile,
    syscalls: [...others, { names: KEY_CALLS, action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS }],
  };
}
