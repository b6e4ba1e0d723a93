import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatSize, goMap, goType } from "@wherry/core/cli";
import {
  containerPaths,
  isStoppedByUser,
  logPath,
  readHealth,
  readRestarts,
  parseSignal,
  signalName,
  type ContainerHost,
  type ContainerSecret,
  type HealthSettings,
  type ListedContainer,
  type ListHost,
  type StartupSettings,
} from "@wherry/core/container";
import { formatNetworkMode, type PortMapping } from "@wherry/core/network";
import type { Healthcheck } from "@wherry/core/oci";
import { findProgram } from "@wherry/core/process";
import { capabilityNames, capabilitySets, containerEnv, DEFAULT_SHM_SIZE } from "@wherry/core/spec";
import type { StoredImage } from "@wherry/core/store";
import { stateWord } from "./describe.ts";
import { isolationHostConfig, umaskText } from "./inspect-isolation.ts";
import { bindTexts, inspectMounts } from "./inspect-mounts.ts";

type InspectHost = ListHost & Pick<ContainerHost, "searchPath">;

/** Go's zero time. */
const NEVER = "0001-01-01T00:00:00Z";

/** A container as `podman container inspect` shows it, field by field; what we do not have is podman's empty value. */
export function inspectContainer(
  host: InspectHost,
  listed: ListedContainer,
  image: StoredImage | undefined,
): object {
  const { id, name, created, imageId, imageName, config } = listed.container;
  const paths = containerPaths(host, id);
  const [path = "", ...args] = config.args;
  const sets = capabilitySets(
    { add: config.addCapabilities, drop: config.dropCapabilities, privileged: config.privileged },
    isRoot(config.user) ? 0 : 1,
  );
  const pid = (file: string) => `${paths.bundle}/${file}`;
  return {
    Id: id,
    Created: created,
    Path: path,
    Args: args,
    State: stateOf(host, listed),
    Image: imageId.replace("sha256:", ""),
    ImageDigest: listed.container.config.imageDigest ?? image?.manifest.digest ?? "",
    ImageName: imageName,
    Rootfs: config.rootfs?.path ?? "",
    Pod: "",
    ResolvConfPath: pid("resolv.conf"),
    HostnamePath: pid("hostname"),
    HostsPath: pid("hosts"),
    StaticDir: paths.directory,
    OCIConfigPath: pid("config.json"),
    OCIRuntime: findProgram("crun", host.searchPath) === undefined ? "runc" : "crun",
    ConmonPidFile: config.monitorPidFile ?? pid("conmon.pid"),
    PidFile: config.pidFile ?? pid("pid"),
    Name: name,
    RestartCount: readRestarts(host, id).count,
    Driver: "overlay",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    EffectiveCaps: sets.effective,
    BoundingCaps: sets.bounding,
    ExecIDs: [],
    GraphDriver: {
      Name: "overlay",
      Data: goMap({
        LowerDir: config.diffIds
          .map((diffId) => host.store.layers.path(diffId))
          .reverse()
          .join(":"),
        MergedDir: paths.rootfs,
        UpperDir: paths.upper,
        WorkDir: paths.work,
      }),
    },
    Mounts: inspectMounts(host, config.mounts),
    Dependencies: config.requires ?? [],
    NetworkSettings: goType(networkSettings(listed), "*define.InspectNetworkSettings"),
    Namespace: "",
    IsInfra: false,
    IsService: false,
    KubeExitCodePropagation: "invalid",
    lockNumber: 0,
    Config: goType(configOf(listed), "*define.InspectContainerConfig"),
    HostConfig: goType(hostConfig(host, listed), "*define.InspectContainerHostConfig"),
    SizeRw: null,
  };
}

function stateOf(host: ListHost, listed: ListedContainer): object {
  const { state, container } = listed;
  const record = "record" in state ? state.record : undefined;
  const startedAt = "startedAt" in state ? state.startedAt : undefined;
  const fields = {
    OciVersion: "1.0.2",
    Status: stateWord(listed),
    Running: state.status === "running" && !state.isPaused,
    Paused: state.status === "running" && state.isPaused,
    Restarting: false,
    OOMKilled:
      state.status === "exited" && existsSync(join(containerPaths(host, container.id).bundle, "oom")),
    Dead: false,
    Pid: state.status === "running" ? state.init.pid : 0,
    ConmonPid: state.status === "running" ? (record?.monitor.pid ?? 0) : 0,
    ExitCode: state.status === "exited" ? state.exitCode : 0,
    Error: state.status === "exited" ? (state.error ?? "") : "",
    StartedAt: startedAt ?? NEVER,
    FinishedAt: state.status === "exited" ? state.finishedAt : NEVER,
    Health: healthOf(readHealth(host, container)),
    CheckpointedAt: NEVER,
    RestoredAt: NEVER,
    StoppedByUser: isStoppedByUser(host, container.id),
  };
  return goType(fields, "*define.InspectContainerState");
}

function healthOf(health: ReturnType<typeof readHealth>): object {
  if (health === undefined) return { Status: "", FailingStreak: 0, Log: null };
  return {
    Status: health.status,
    FailingStreak: health.failingStreak,
    Log: health.log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

function networkSettings({ container: { id, config } }: ListedContainer): object {
  const empty = {
    EndpointID: "",
    Gateway: "",
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    MacAddress: "",
  };
  const network = formatNetworkMode(config.network).split(":", 1)[0] ?? "";
  return {
    ...empty,
    Bridge: "",
    SandboxID: "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Ports: portBindings(config.ports),
    SandboxKey: "",
    Networks: goMap({
      [network]: {
        ...empty,
        NetworkID: network,
        DriverOpts: null,
        IPAMConfig: null,
        Links: null,
        Aliases: [id.slice(0, 12)],
      },
    }),
  };
}

/** `80/tcp` → where it is published. */
function portBindings(ports: readonly PortMapping[]): Readonly<Record<string, unknown>> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { hostIp = "0.0.0.0", hostPort, containerPort, protocol, range } of ports) {
    for (let index = 0; index < range; index++) {
      const key = `${containerPort + index}/${protocol}`;
      (bindings[key] ??= []).push({ HostIp: hostIp, HostPort: String(hostPort + index) });
    }
  }
  return goMap(bindings);
}

function configOf({ container }: ListedContainer): object {
  const { imageName, config } = container;
  return {
    Hostname: config.hostname,
    Domainname: "",
    User: config.user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: config.terminal,
    OpenStdin: config.openStdin,
    StdinOnce: false,
    Env: containerEnv(config.env, { hostname: config.hostname, home: "" }).filter(
      (entry) => entry !== "HOME=",
    ),
    Cmd: config.command,
    Image: imageName,
    Volumes: null,
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint,
    OnBuild: null,
    Labels: goMap({ ...config.labels }),
    Annotations: goMap({ ...config.annotations }),
    StopSignal: signalName(parseSignal(config.stopSignal)),
    Healthcheck: config.health === undefined ? undefined : healthcheckOf(config.health),
    StartupHealthCheck:
      config.health?.startup === undefined ? undefined : startupCheckOf(config.health.startup),
    HealthcheckOnFailureAction: config.health?.onFailure ?? "none",
    HealthLogDestination: config.health?.logDestination ?? "local",
    HealthMaxLogCount: config.health?.logCount ?? 5,
    HealthMaxLogSize: config.health?.logSize ?? 500,
    CreateCommand: config.createCommand,
    Umask: umaskText(container),
    Timeout: config.timeout ?? 0,
    StopTimeout: config.stopTimeout,
    ...(config.secrets === undefined ? {} : { Secrets: config.secrets.map(shownSecret) }),
    Passwd: true,
    sdNotifyMode: config.notify ?? "container",
  };
}

/** Times in nanoseconds, as in an image's config. */
function healthcheckOf({ startIntervalMs, ...health }: HealthSettings): Healthcheck {
  return {
    Test: health.test,
    StartPeriod: health.startPeriodMs * 1e6,
    Interval: health.intervalMs * 1e6,
    Timeout: health.timeoutMs * 1e6,
    Retries: health.retries,
    ...(startIntervalMs === undefined ? {} : { StartInterval: startIntervalMs * 1e6 }),
  };
}

function startupCheckOf({ test, intervalMs, timeoutMs, retries, successes }: StartupSettings): object {
  const times = { Interval: intervalMs * 1e6, Timeout: timeoutMs * 1e6 };
  return { Test: test, ...times, Retries: retries, Successes: successes };
}

function shownSecret({ name, id, uid, gid, mode }: ContainerSecret): object {
  return { Name: name, ID: id, UID: uid, GID: gid, Mode: mode };
}

function hostConfig(host: ListHost, { container }: ListedContainer): object {
  const { config } = container;
  const defaults = capabilityNames({});
  const bounding = capabilityNames({
    add: config.addCapabilities,
    drop: config.dropCapabilities,
    privileged: config.privileged,
  });
  return {
    Binds: bindTexts(config.mounts),
    CgroupManager: "cgroupfs",
    ContainerIDFile: config.cidFile ?? "",
    LogConfig: {
      Type: config.log?.driver ?? "k8s-file",
      Config: null,
      Path: logPath(host, container) ?? "",
      Tag: config.log?.tag ?? "",
      Size: formatSize(config.log?.maxSize ?? 0, ""),
    },
    NetworkMode: formatNetworkMode(config.network),
    PortBindings: portBindings(config.ports),
    RestartPolicy: {
      Name: config.restart?.name ?? "no",
      MaximumRetryCount: config.restart?.retries ?? 0,
    },
    AutoRemove: config.autoRemove,
    AutoRemoveImage: config.removesImage ?? false,
    Annotations: goMap({ ...config.annotations }),
    VolumeDriver: "",
    VolumesFrom: null,
    CapAdd: bounding.filter((name) => !defaults.includes(name)),
    CapDrop: defaults.filter((name) => !bounding.includes(name)),
    Dns: config.dns,
    DnsOptions: config.dnsOptions,
    DnsSearch: config.dnsSearch,
    ExtraHosts: config.addedHosts.flatMap(({ names, address }) => names.map((name) => `${name}:${address}`)),
    GroupAdd: config.extraGroups ?? [],
    Cgroup: "",
    Links: null,
    Privileged: config.privileged,
    PublishAllPorts: false,
    ReadonlyRootfs: config.readOnly,
    Tmpfs: goMap(
      Object.fromEntries(
        config.mounts.flatMap((mount) =>
          mount.type === "tmpfs" ? [[mount.destination, (mount.options ?? []).join(",")]] : [],
        ),
      ),
    ),
    ShmSize: config.shmSize ?? DEFAULT_SHM_SIZE,
    Runtime: "oci",
    ConsoleSize: [0, 0],
    Isolation: "",
    Ulimits: (config.rlimits ?? []).map(({ type, soft, hard }) => ({ Name: type, Soft: soft, Hard: hard })),
    Init: config.init,
    ...isolationHostConfig(container),
  };
}

function isRoot(user: string): boolean {
  return /^(?:|0|root)(?::.*)?$/.test(user);
}
