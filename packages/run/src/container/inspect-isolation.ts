import type { Container } from "@wherry/core/container";
import { formatNamespaceMode, type Isolation } from "@wherry/core/spec";

/** The fields of podman's HostConfig that tell of the walls around a container. */
export function isolationHostConfig({ config }: Container): object {
  const { isolation = {} } = config;
  const { pid, ipc, uts, cgroup, oomScoreAdj = 0 } = isolation;
  return {
    CgroupMode: cgroup === undefined ? "private" : formatNamespaceMode(cgroup),
    IpcMode: ipc === undefined ? "shareable" : formatNamespaceMode(ipc),
    OomScoreAdj: oomScoreAdj,
    PidMode: pid === undefined ? "private" : formatNamespaceMode(pid),
    SecurityOpt: securityOptions(isolation, config.noNewPrivileges === true),
    UTSMode: uts === undefined ? "private" : formatNamespaceMode(uts),
    Devices: (config.devices ?? []).map(({ source, destination = source, access = "rwm" }) => ({
      PathOnHost: source,
      PathInContainer: destination,
      CgroupPermissions: access,
    })),
  };
}

/** `Config.Umask` as podman writes it. */
export function umaskText({ config }: Container): string {
  return (config.isolation?.umask ?? 0o022).toString(8).padStart(4, "0");
}

function securityOptions(isolation: Isolation, noNewPrivileges: boolean): string[] {
  const { seccomp, apparmor, mask = [], unmask = [], procOptions = [] } = isolation;
  return [
    ...(noNewPrivileges ? ["no-new-privileges"] : []),
    ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
    ...(apparmor === undefined ? [] : [`apparmor=${apparmor}`]),
    ...(mask.length === 0 ? [] : [`mask=${mask.join(":")}`]),
    ...(unmask.length === 0 ? [] : [`unmask=${unmask.join(":")}`]),
    ...(procOptions.length === 0 ? [] : [`proc-opts=${procOptions.join(",")}`]),
  ];
}
