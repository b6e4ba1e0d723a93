import { statfsSync } from "node:fs";
import { arch, cpus, freemem, hostname, release, totalmem, uptime } from "node:os";
import { readRegistriesConf } from "@wherry/core/config";
import { listContainers } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { findProgram, ProgramFailedError, run } from "@wherry/core/process";
import { readCgroups } from "@wherry/core/runtime";
import { DEFAULT_CAPABILITIES } from "@wherry/core/spec";
import { planIdMaps, type IdMap } from "@wherry/core/userns";
import { memorySwap, readDistribution, readIfReadable } from "./host-files.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };
const CGROUP2_SUPER_MAGIC = 0x63677270;

/** What `podman info` tells, with podman's names of fields. Nothing is started or made for it. */
export async function collectInfo(
  engine: Engine,
  version: string,
): Promise<Readonly<Record<string, unknown>>> {
  return {
    host: await hostInfo(engine),
    store: storeInfo(engine),
    registries: await registriesInfo(engine),
    plugins: { volume: ["local"], network: ["pasta"], log: ["k8s-file"], authorization: null },
    version: {
      APIVersion: version,
      Version: version,
      GoVersion: `node ${process.version}`,
      GitCommit: "",
      BuiltTime: "",
      Built: 0,
      OsArch: `linux/${ARCHITECTURES[process.arch] ?? process.arch}`,
      Os: "linux",
    },
  };
}

/** What `--debug` tells besides: the program's own ground. */
export function debugInfo(): object {
  const { node, v8, uv, openssl, zlib, sqlite } = process.versions;
  return { executable: process.execPath, node, v8, uv, openssl, zlib, sqlite };
}

async function hostInfo({ host, locations }: Engine): Promise<object> {
  const searchPath = host.env["PATH"];
  const [swapTotal, swapFree] = memorySwap(host.procRoot);
  const isVersion2 = statfsSync("/sys/fs/cgroup").type === CGROUP2_SUPER_MAGIC;
  const runtime = findProgram("crun", searchPath) === undefined ? "runc" : "crun";
  return {
    arch: ARCHITECTURES[arch()] ?? arch(),
    cgroupManager: "cgroupfs",
    cgroupVersion: isVersion2 ? "v2" : "v1",
    cgroupControllers: controllersOf(host.procRoot),
    conmon: await programInfo("conmon", searchPath),
    cpus: cpus().length,
    databaseBackend: "sqlite",
    distribution: readDistribution(host.etc),
    eventLogger: "none",
    hostname: hostname(),
    idMappings: idMappings(host),
    kernel: release(),
    logDriver: "k8s-file",
    memFree: freemem(),
    memTotal: totalmem(),
    networkBackend: "pasta",
    ociRuntime: { name: runtime, ...(await programInfo(runtime, searchPath)) },
    os: "linux",
    pasta: await programInfo("pasta", searchPath),
    remoteSocket: { exists: false, path: "" },
    rootlessNetworkCmd: "pasta",
    runtimeDir: locations.runtimeDir,
    security: {
      apparmorEnabled: false,
      capabilities: DEFAULT_CAPABILITIES.join(","),
      rootless: host.uid !== 0,
      seccompEnabled: true,
      seccompProfilePath:
        ["/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"].find(
          (path) => readIfReadable(path) !== undefined,
        ) ?? "",
      selinuxEnabled: false,
    },
    serviceIsRemote: false,
    swapFree,
    swapTotal,
    uptime: uptimeText(uptime()),
  };
}

function controllersOf(procRoot: string): readonly string[] {
  const { cover, delegated } = readCgroups({ procRoot });
  if (delegated === undefined) return [];
  const text = readIfReadable(`${cover ?? "/sys/fs/cgroup"}${delegated}/cgroup.controllers`) ?? "";
  return text.trim() === "" ? [] : text.trim().split(/\s+/);
}

async function programInfo(
  name: string,
  searchPath: string | undefined,
): Promise<{ executable?: string; path: string; version: string }> {
  const path = findProgram(name, searchPath);
  if (path === undefined) return { path: "", version: "" };
  return { path, version: await versionOf(path) };
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(path, ["--version"], { timeoutMs: 5000 });
    return (stdout.toString() || stderr).trim().split("\n")[0] ?? "";
  } catch (error) {
    if (error instanceof ProgramFailedError) return "unknown";
    throw error;
  }
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

function storeInfo(engine: Engine): object {
  const { store, locations, host } = engine;
  const listed = listContainers(containerHost(engine));
  const running = listed.filter(({ state }) => state.status === "running").length;
  const disk = diskOf(store.root);
  return {
    configFile: `${locations.configDir}/storage.conf`,
    containerStore: { number: listed.length, paused: 0, running, stopped: listed.length - running },
    graphDriverName: "overlay",
    graphOptions: {},
    graphRoot: store.root,
    graphRootAllocated: disk.size,
    graphRootUsed: disk.used,
    graphStatus: { "Native Overlay Diff": host.uid === 0 ? "true" : "false", "Using metacopy": "false" },
    imageCopyTmpDir: "/var/tmp",
    imageStore: { number: store.images.list().length },
    runRoot: locations.runtimeDir,
    transientStore: false,
    volumePath: store.paths.volumes,
  };
}

/** The file system of the nearest folder that exists: a store is made when it is first written to. */
function diskOf(path: string): { size: number; used: number } {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf("/")) || "/") {
    try {
      const { blocks, bfree, bsize } = statfsSync(folder);
      return { size: blocks * bsize, used: (blocks - bfree) * bsize };
    } catch (error) {
      if (folder === "/") throw error;
    }
  }
}

async function registriesInfo({ environment }: Engine): Promise<object> {
  const { unqualifiedSearchRegistries: search } = await readRegistriesConf(environment);
  return search.length === 0 ? {} : { search };
}

/** `1h 12m 4.00s (Approximately 0.04 days)`. */
function uptimeText(seconds: number): string {
  const hours = Math.trunc(seconds / 3600);
  const minutes = Math.trunc(seconds / 60) % 60;
  const text = `${hours}h ${minutes}m ${(seconds % 60).toFixed(2)}s`;
  return hours < 1 ? text : `${text} (Approximately ${(seconds / 86_400).toFixed(2)} days)`;
}
