import { capabilitySets } from "./capabilities.ts";
import { containerEnv } from "./container-env.ts";
import { containerMounts } from "./container-mounts.ts";
import type { RuntimeLinux, RuntimeNamespace, RuntimeProcess, RuntimeSpec } from "./runtime-spec.ts";
import { translateSeccomp } from "./seccomp-profile.ts";
import type { NamespaceChoice, SpecInput } from "./spec-input.ts";
import { INIT_PATH } from "./system-mounts.ts";

/** The version whose fields we write; crun and runc of every supported distribution read it. */
const OCI_VERSION = "1.0.2";

/** Kernel files that tell too much of the host, hidden under an empty file or folder. podman's list. */
const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/dev/block",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
  "/sys/fs/selinux",
];

/** Kernel files through which the host could be changed. podman's list. */
const READONLY_PATHS = [
  "/proc/asound",
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/**
 * The runtime's `config.json` for a container (runtime-spec config.md), with podman's defaults. Pure: all that has to
 * be looked up on the host or in the image comes in.
 *
 * @throws {DuplicateMountError | UnknownCapabilityError}
 */
export function createRuntimeSpec(input: SpecInput): RuntimeSpec {
  const { hostname, annotations, rootfs, readOnlyRootfs = false } = input;
  return {
    ociVersion: OCI_VERSION,
    process: processOf(input),
    root: { path: rootfs, readonly: readOnlyRootfs },
    ...(isHost(input.namespaces.uts) ? {} : { hostname }),
    mounts: containerMounts(input),
    ...(annotations === undefined ? {} : { annotations }),
    linux: linuxOf(input),
  };
}

function processOf(input: SpecInput): RuntimeProcess {
  const { user, umask, oomScoreAdj, initProgram, args } = input;
  return {
    terminal: input.terminal,
    user: {
      uid: user.uid,
      gid: user.gid,
      ...(umask === undefined ? {} : { umask }),
      ...(user.additionalGids.length === 0 ? {} : { additionalGids: user.additionalGids }),
    },
    args: initProgram === undefined ? args : [INIT_PATH, "--", ...args],
    env: containerEnv(input.env, { hostname: input.hostname, home: user.home }),
    cwd: input.workingDir ?? "/",
    capabilities: capabilitySets(capabilityChoice(input), user.uid),
    rlimits: input.rlimits ?? [],
    noNewPrivileges: input.noNewPrivileges ?? false,
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
  };
}

function linuxOf(input: SpecInput): RuntimeLinux {
  const { cgroup, seccomp, privileged = false, rootfsPropagation, devices = [], rootless } = input;
  const { bounding } = capabilitySets(capabilityChoice(input), 0);
  const nodes = rootless
    ? []
    : devices.flatMap(({ source, destination, node }) =>
        node === undefined ? [] : [{ ...node, path: destination ?? source }],
      );
  return {
    namespaces: namespacesOf(input),
    ...(nodes.length === 0 ? {} : { devices: nodes }),
    ...(cgroup === undefined ? {} : { cgroupsPath: cgroup.path }),
    ...(cgroup?.resources === undefined ? {} : { resources: cgroup.resources }),
    ...(seccomp === undefined || privileged
      ? {}
      : { seccomp: translateSeccomp(seccomp, { capabilities: bounding, arch: input.arch }) }),
    sysctl: { ...pingSysctl(input), ...input.sysctl },
    maskedPaths: privileged ? [] : MASKED_PATHS,
    readonlyPaths: privileged ? [] : READONLY_PATHS,
    ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }),
  };
}

function capabilityChoice({ addCapabilities, dropCapabilities, privileged }: SpecInput) {
  return {
    ...(addCapabilities === undefined ? {} : { add: addCapabilities }),
    ...(dropCapabilities === undefined ? {} : { drop: dropCapabilities }),
    ...(privileged === undefined ? {} : { privileged }),
  };
}

/** Lets root of the container ping without CAP_NET_RAW, which is not in the default set. */
function pingSysctl({ namespaces }: SpecInput): Record<string, string> {
  return namespaces.network === "private" ? { "net.ipv4.ping_group_range": "0 0" } : {};
}

function namespacesOf({ namespaces, cgroup }: SpecInput): RuntimeNamespace[] {
  const { pid, network, ipc, uts, others = [] } = namespaces;
  const cgroupChoice = namespaces.cgroup ?? (cgroup === undefined ? "host" : "private");
  return [
    ...namespaceOf("pid", pid),
    ...namespaceOf("network", network),
    ...namespaceOf("ipc", ipc),
    ...namespaceOf("uts", uts),
    ...namespaceOf("cgroup", cgroupChoice),
    { type: "mount" },
    ...others,
  ];
}

function namespaceOf(
  type: RuntimeNamespace["type"],
  choice: NamespaceChoice = "private",
): RuntimeNamespace[] {
  if (choice === "host") return [];
  return choice === "private" ? [{ type }] : [{ type, path: choice.path }];
}

function isHost(choice: NamespaceChoice | undefined): boolean {
  return choice === "host";
}
