import { existsSync, statfsSync } from "node:fs";
import { arch, cpus, freemem, hostname, release, totalmem, uptime } from "node:os";
import { LOG_DRIVERS } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { findProgram } from "@wherry/core/process";
import { likelyRuntime, readCgroups } from "@wherry/core/runtime";
import { DEFAULT_CAPABILITIES } from "@wherry/core/spec";
import { planIdMaps, type IdMap } from "@wherry/core/userns";
import { cpuUtilization, memorySwap, readDistribution, readIfReadable } from "./host-files.ts";
import { programInfos } from "./program-info.ts";

/** Go's names of Node's architectures. */
export const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  ppc64: "ppc64le",
};

const CGROUP2_SUPER_MAGIC = 0x63677270;

/** `host` of `info`: the machine, and the programs that containers are made with. */
export async function hostInfo(engine: Engine, buildVersion: string): Promise<object> {
  const { host, locations, options, conf } = engine;
  const { procRoot, env } = host;
  const [swapTotal, swapFree] = memorySwap(procRoot);
  const runtime = likelyRuntime(containerHost(engine));
  const conmon = options.conmon ?? findProgram("conmon", env["PATH"]);
  const programs = [conmon, runtime.program, findProgram("pasta", env["PATH"])];
  const [conmonInfo, runtimeInfo, pastaInfo] = await programInfos(programs);
  return {
    arch: ARCHITECTURES[arch()] ?? arch(),
    buildahVersion: buildVersion,
    cgroupManager: runtime.cgroup === "systemd" ? "systemd" : "cgroupfs",
    cgroupVersion: statfsSync("/sys/fs/cgroup").type === CGROUP2_SUPER_MAGIC ? "v2" : "v1",
    cgroupControllers: controllersOf(procRoot),
    conmon: conmonInfo,
    cpus: cpus().length,
    cpuUtilization: cpuUtilization(procRoot),
    databaseBackend: "sqlite",
    distribution: readDistribution(host.etc),
    eventLogger: options.eventsBackend === "none" ? "none" : "file",
    hostname: hostname(),
    idMappings: idMappings(host),
    kernel: release(),
    logDriver: LOG_DRIVERS.find((driver) => driver === conf.containers.logDriver) ?? "k8s-file",
    memFree: freemem(),
    memTotal: totalmem(),
    networkBackend: "pasta",
    networkBackendInfo: { backend: "pasta", ...pastaInfo },
    ociRuntime: { name: runtime.name, ...runtimeInfo },
    os: "linux",
    pasta: { executable: pastaInfo?.path, package: pastaInfo?.package, version: pastaInfo?.version },
    remoteSocket: { exists: false, path: "" },
    rootlessNetworkCmd: "pasta",
    runtimeDir: locations.runtimeDir,
    security: securityInfo(engine),
    serviceIsRemote: false,
    slirp4netns: { executable: "", package: "", version: "" },
    swapFree,
    swapTotal,
    uptime: uptimeText(uptime()),
    variant: arch() === "arm64" ? "v8" : "",
  };
}

function securityInfo({ host, conf }: Engine): object {
  const isRootless = host.uid !== 0;
  const profiles = [`${host.etc}/containers/seccomp.json`, "/usr/share/containers/seccomp.json"];
  return {
    // only root may put a process under a profile
    apparmorEnabled:
      !isRootless && readIfReadable("/sys/module/apparmor/parameters/enabled")?.startsWith("Y") === true,
    capabilities: (conf.containers.capabilities ?? DEFAULT_CAPABILITIES).join(","),
    rootless: isRootless,
    seccompEnabled: readIfReadable(`${host.procRoot}/self/status`)?.includes("\nSeccomp:") === true,
    seccompProfilePath:
      conf.containers.seccompProfile ?? profiles.find((path) => readIfReadable(path) !== undefined) ?? "",
    selinuxEnabled: existsSync("/sys/fs/selinux/enforce"),
  };
}

function controllersOf(procRoot: string): readonly string[] {
  const { cover, delegated } = readCgroups({ procRoot });
  if (delegated === undefined) return [];
  const text = readIfReadable(`${cover ?? "/sys/fs/cgroup"}${delegated}/cgroup.controllers`) ?? "";
  return text.trim() === "" ? [] : text.trim().split(/\s+/);
}

function idMappings({ uid, gid, userName, etc }: Engine["host"]): object {
  if (uid === 0) return { uidmap: null, gidmap: null };
  const subuid = readIfReadable(`${etc}/subuid`) ?? "";
  const subgid = readIfReadable(`${etc}/subgid`) ?? "";
  const { uids, gids } = planIdMaps({ uid, gid, userName, subuid, subgid, etc });
  const lines = (maps: readonly IdMap[]) =>
    maps.map(({ containerId, hostId, size }) => ({ container_id: containerId, host_id: hostId, size }));
  return { gidmap: lines(gids), uidmap: lines(uids) };
}

/** `1h 12m 4.00s (Approximately 0.04 days)`. */
function uptimeText(seconds: number): string {
  const hours = Math.trunc(seconds / 3600);
  const minutes = Math.trunc(seconds / 60) % 60;
  const text = `${hours}h ${minutes}m ${(seconds % 60).toFixed(2)}s`;
  return hours < 1 ? text : `${text} (Approximately ${(seconds / 86_400).toFixed(2)} days)`;
}
