import { goFields, goMap } from "@wherry/core/cli";
import type { Container } from "@wherry/core/container";
import { formatNamespaceMode, type DeviceRate, type Isolation, type Limits } from "@wherry/core/spec";

/** The fields of podman's HostConfig that tell of the walls around a container. */
export function isolationHostConfig({ config }: Container): object {
  const { isolation = {} } = config;
  const { pid, ipc, uts, cgroup, oomScoreAdj = 0 } = isolation;
  const { limits = {} } = config;
  return {
    ...limitsHostConfig(limits),
    CgroupMode: cgroup === undefined ? "private" : formatNamespaceMode(cgroup),
    IpcMode: ipc === undefined ? "shareable" : formatNamespaceMode(ipc),
    OomScoreAdj: oomScoreAdj,
    PidMode: pid === undefined ? "private" : formatNamespaceMode(pid),
    SecurityOpt: securityOptions(isolation, config.noNewPrivileges === true),
    UsernsMode: config.userMaps === undefined ? "" : "private",
    ...(config.userMaps === undefined ? {} : { IDMappings: idMappings(config.userMaps) }),
    UTSMode: uts === undefined ? "private" : formatNamespaceMode(uts),
    Devices: (config.devices ?? []).map(({ source, destination = source, access = "rwm" }) => ({
      PathOnHost: source,
      PathInContainer: destination,
      CgroupPermissions: access,
    })),
  };
}

type UserMaps = NonNullable<Container["config"]["userMaps"]>;

function idMappings({ uids, gids }: UserMaps): object {
  const [UidMap, GidMap] = [rowsOf(uids), rowsOf(gids)];
  return goFields({ UidMap, GidMap }, { UIDMap: UidMap, GIDMap: GidMap });
}

function rowsOf(maps: UserMaps["uids"]): string[] {
  return maps.map(({ containerId, hostId, size }) => `${containerId}:${hostId}:${size}`);
}

/** Limits that podman knows and nothing here sets, with the values that say so. */
const UNUSED_LIMITS = {
  ...{ CpuCount: 0, CpuPercent: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0 },
  ...{ DiskQuota: 0, IOMaximumBandwidth: 0, IOMaximumIOps: 0, KernelMemory: 0, MemorySwappiness: 0 },
  OomKillDisable: false,
};

function limitsHostConfig(limits: Limits): object {
  const { cpuQuota = 0, cpuPeriod = 0 } = limits;
  const rates = (devices: readonly DeviceRate[] = []) =>
    devices.map(({ path, rate }) => ({ Path: path, Rate: rate }));
  return {
    ...UNUSED_LIMITS,
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice:
      limits.deviceWeights?.map(({ path, weight }) => ({ Path: path, Weight: weight })) ?? null,
    BlkioDeviceReadBps: rates(limits.readBps),
    BlkioDeviceReadIOps: rates(limits.readIops),
    BlkioDeviceWriteBps: rates(limits.writeBps),
    BlkioDeviceWriteIOps: rates(limits.writeIops),
    CgroupConf: limits.conf === undefined ? null : goMap({ ...limits.conf }),
    CgroupParent: limits.cgroupParent ?? "",
    Cgroups: limits.cgroups ?? "default",
    CpuPeriod: cpuPeriod,
    CpuQuota: cpuQuota,
    CpuShares: limits.cpuShares ?? 0,
    CpusetCpus: limits.cpusetCpus ?? "",
    CpusetMems: limits.cpusetMems ?? "",
    Memory: limits.memory ?? 0,
    MemoryReservation: limits.memoryReservation ?? 0,
    MemorySwap: limits.memorySwap ?? (limits.memory ?? 0) * 2,
    NanoCpus: cpuPeriod === 0 || cpuQuota < 0 ? 0 : Math.round((cpuQuota / cpuPeriod) * 1e9),
    PidsLimit: limits.pidsLimit ?? 0,
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
