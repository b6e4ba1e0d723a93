import { UnknownCapabilityError } from "./errors.ts";
import type { RuntimeCapabilities } from "./runtime-spec.ts";

/** What a container may do unless told otherwise: podman's set. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_NET_BIND_SERVICE",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/** capabilities(7), all of Linux 5.9, the oldest kernel with all we need being newer. */
const ALL_CAPABILITIES: readonly string[] = [
  ...DEFAULT_CAPABILITIES,
  ..."AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE DAC_READ_SEARCH IPC_LOCK IPC_OWNER"
    .split(" ")
    .map((name) => `CAP_${name}`),
  ..."LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BROADCAST NET_RAW PERFMON SYSLOG SYS_ADMIN"
    .split(" ")
    .map((name) => `CAP_${name}`),
  ..."SYS_BOOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
    .split(" ")
    .map((name) => `CAP_${name}`),
].sort();

export interface CapabilityChoice {
  /** Names with or without CAP_, any case, or "all". */
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
  readonly privileged?: boolean;
  /** Default set; default `DEFAULT_CAPABILITIES`. */
  readonly base?: readonly string[];
}

/**
 * The names a container's bounding set holds: the base, without what is dropped, with what is added; adding wins over
 * `--drop all`, as in podman.
 *
 * @throws {UnknownCapabilityError}
 */
export function capabilityNames(choice: CapabilityChoice): string[] {
  const add = normalise(choice.add ?? []);
  const drop = normalise(choice.drop ?? []);
  const base = choice.privileged === true ? ALL_CAPABILITIES : (choice.base ?? DEFAULT_CAPABILITIES);
  const names = add.includes("ALL")
    ? ALL_CAPABILITIES.filter((name) => !drop.includes(name))
    : [...(drop.includes("ALL") ? [] : base.filter((name) => !drop.includes(name))), ...add];
  return [...new Set(names)].sort();
}

/**
 * The five sets of capabilities(7). Root gets all names at once; an ordinary user may only get what was added by hand,
 * since the kernel gives nothing to it on execve.
 */
export function capabilitySets(choice: CapabilityChoice, uid: number): RuntimeCapabilities {
  const bounding = capabilityNames(choice);
  if (uid === 0) return { bounding, effective: bounding, permitted: bounding, inheritable: [], ambient: [] };
  const asked = normalise(choice.add ?? []);
  const own = asked.includes("ALL") ? bounding : bounding.filter((name) => asked.includes(name));
  return { bounding, effective: own, permitted: own, inheritable: own, ambient: own };
}

function normalise(names: readonly string[]): string[] {
  return names.map((text) => {
    const upper = text.toUpperCase();
    if (upper === "ALL") return upper;
    const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!ALL_CAPABILITIES.includes(name)) throw new UnknownCapabilityError(name);
    return name;
  });
}
