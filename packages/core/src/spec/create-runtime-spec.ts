import { capabilitySets } from "./capabilities.ts";
import { containerEnv } from "./container-env.ts";
import { containerMounts } from "./container-mounts.ts";
import { kernelPaths } from "./kernel-paths.ts";
import type { RuntimeLinux, RuntimeNamespace, RuntimeProcess, RuntimeSpec } from "./runtime-spec.ts";
import { translateSeccomp } from "./seccomp-profile.ts";
import type { NamespaceChoice, SpecIdMap, SpecInput } from "./spec-input.ts";
import { INIT_PATH } from "./system-mounts.ts";

/** The version whose fields we write; crun and runc of every supported distribution read it. */
const OCI_VERSION = "1.0.2";

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
    ...((input.namespaces.uts ?? "private") === "private" ? { hostname } : {}),
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
    ...(input.apparmorProfile === undefined ? {} : { apparmorProfile: input.apparmorProfile }),
  };
}

function linuxOf(input: SpecInput): RuntimeLinux {
  const { cgroup, seccomp, privileged = false, devices = [], rootless } = input;
  const { personality } = input;
  const rootfsPropagation = input.rootfsPropagation ?? neededPropagation(input.mounts);
  const { bounding } = capabilitySets(capabilityChoice(input), 0);
  const nodes = rootless
    ? []
    : devices.flatMap(({ source, destination, node }) =>
        node === undefined ? [] : [{ ...node, path: destination ?? source }],
      );
  return {
    namespaces: namespacesOf(input),
    ...idMappings(input),
    ...(nodes.length === 0 ? {} : { devices: nodes }),
    ...(cgroup === undefined ? {} : { cgroupsPath: cgroup.path }),
    ...(cgroup?.resources === undefined ? {} : { resources: cgroup.resources }),
    ...(seccomp === undefined
      ? {}
      : { seccomp: translateSeccomp(seccomp, { capabilities: bounding, arch: input.arch }) }),
    sysctl: { ...pingSysctl(input), ...input.sysctl },
    ...kernelPaths(input, privileged),
    ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }),
    ...(personality === undefined ? {} : { personality: { domain: personality } }),
  };
}

/** A mount that is to receive or give mounts needs a root that does not cut it off. */
function neededPropagation(mounts: SpecInput["mounts"] = []): "shared" | "slave" | undefined {
  const asked = mounts.map((mount) => (mount.type === "bind" ? (mount.propagation ?? "") : ""));
  if (asked.some((propagation) => propagation.endsWith("shared"))) return "shared";
  return asked.some((propagation) => propagation.endsWith("slave")) ? "slave" : undefined;
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

/** The runtime makes a user namespace below the one it is in when there are maps. */
function idMappings({
  userMaps,
  userNamespace,
}: SpecInput): Pick<RuntimeLinux, "uidMappings" | "gidMappings"> {
  if (userMaps === undefined || userNamespace !== undefined) return {};
  const named = (maps: readonly SpecIdMap[]) =>
    maps.map(({ containerId, hostId, size }) => ({ containerID: containerId, hostID: hostId, size }));
  return { uidMappings: named(userMaps.uids), gidMappings: named(userMaps.gids) };
}

function namespacesOf({ namespaces, cgroup, userMaps, userNamespace }: SpecInput): RuntimeNamespace[] {
  const { pid, network, ipc, uts, others = [] } = namespaces;
  const cgroupChoice = namespaces.cgroup ?? (cgroup === undefined ? "host" : "private");
  return [
    ...(userNamespace === undefined ? [] : [{ type: "user", path: userNamespace } as const]),
    ...(userMaps === undefined || userNamespace !== undefined ? [] : [{ type: "user" } as const]),
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
