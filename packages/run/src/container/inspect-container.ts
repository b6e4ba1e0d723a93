import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { formatSize, goFields, goMap, GoTime, goType } from "@wherry/core/cli";
import {
  containerPaths,
  isStoppedByUser,
  logPath,
  readHealth,
  readRestarts,
  parseSignal,
  signalName,
  unpublishedPorts,
  type ContainerHost,
  type ContainerSecret,
  type ListedContainer,
  type ListHost,
} from "@wherry/core/container";
import { formatNetworkMode } from "@wherry/core/network";
import { likelyRuntime } from "@wherry/core/runtime";
import {
  capabilityNames,
  capabilitySets,
  containerEnv,
  DEFAULT_SHM_SIZE,
  runsSystemd,
} from "@wherry/core/spec";
import type { StoredImage } from "@wherry/core/store";
import type { ContainerSize } from "./container-rows.ts";
import { stateWord } from "./describe.ts";
import { healthcheckOf, startupCheckOf } from "./inspect-health.ts";
import { isolationHostConfig, umaskText } from "./inspect-isolation.ts";
import { bindTexts, inspectMounts } from "./inspect-mounts.ts";
import { networkSettings, portBindings } from "./inspect-network.ts";

type InspectHost = ListHost &
  Pick<ContainerHost, "searchPath" | "uid" | "runtime" | "runtimes" | "cgroupManager">;

/** Go's zero time. */
const NEVER = new GoTime("0001-01-01T00:00:00Z");

/**
 * A container as `podman container inspect` shows it, field by field; what we do not have is podman's empty value.
 *
 * @param size of its files, where that is asked for
 */
export function inspectContainer(
  host: InspectHost,
  listed: ListedContainer,
  image: StoredImage | undefined,
  size?: ContainerSize,
): object {
  const { id, name, created, imageId, imageName, config } = listed.container;
  const paths = containerPaths(host, id);
  const [path = "", ...args] = config.args;
  const sets = capabilitySets(
    { add: config.addCapabilities, drop: config.dropCapabilities, privileged: config.privileged },
    isRoot(config.user) ? 0 : 1,
  );
  const pid = (file: string) => `${paths.bundle}/${file}`;
  const runtime = likelyRuntime({ ...host, runtime: config.runtime ?? host.runtime });
  const inspected = {
    Id: id,
    Created: new GoTime(created),
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
    OCIRuntime: runtime.name,
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
    ExecIDs: execIds(paths.bundle, listed),
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
    HostConfig: goType(hostConfig(host, listed, runtime.cgroup), "*define.InspectContainerHostConfig"),
    ...(size === undefined ? {} : { SizeRw: size.rwSize, SizeRootFs: size.rootFsSize }),
    UseImageHosts: config.isolation?.noHosts === true,
    UseImageHostname: config.isolation?.noHostname === true,
  };
  return goFields(inspected, { LockNumber: inspected.lockNumber, SizeRw: null, SizeRootFs: 0 });
}

/** Programs that `exec` has started in it and that still run, by the beginning of their sessions' ids. */
function execIds(bundle: string, { state }: ListedContainer): string[] {
  if (state.status !== "running" || !existsSync(bundle)) return [];
  return readdirSync(bundle).flatMap((name) => /^exec-([0-9a-f]+)$/.exec(name)?.[1] ?? []);
}

function stateOf(host: ListHost, listed: ListedContainer): object {
  const { state, container } = listed;
  const record = "record" in state ? state.record : undefined;
  const startedAt = "startedAt" in state ? state.startedAt : undefined;
  const health = healthOf(readHealth(host, container));
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
    StartedAt: startedAt === undefined ? NEVER : new GoTime(startedAt),
    FinishedAt: state.status === "exited" ? new GoTime(state.finishedAt) : NEVER,
    Health: health,
    ...(state.status === "running" && record?.cgroup !== undefined
      ? { CgroupPath: record.cgroup.replace(/^\/sys\/fs\/cgroup(?:\/unified)?(?=\/)/, "") }
      : {}),
    CheckpointedAt: NEVER,
    RestoredAt: NEVER,
    StoppedByUser: isStoppedByUser(host, container.id),
  };
  const hidden = { Healthcheck: health, CgroupPath: "", Checkpointed: false, Restored: false };
  return goType(goFields(fields, hidden), "*define.InspectContainerState");
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

function configOf({ container }: ListedContainer): object {
  const { imageName, config } = container;
  const { health, isolation = {}, exposedPorts = [] } = config;
  const fields = {
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
    ...(health?.startup === undefined ? {} : { StartupHealthCheck: startupCheckOf(health.startup) }),
    ...(health === undefined ? {} : { Healthcheck: healthcheckOf(health) }),
    HealthcheckOnFailureAction: health?.onFailure ?? "none",
    HealthLogDestination: health?.logDestination ?? "local",
    HealthcheckMaxLogCount: health?.logCount ?? 5,
    HealthcheckMaxLogSize: health?.logSize ?? 500,
    CreateCommand: config.createCommand,
    ...(isolation.timezone === undefined ? {} : { Timezone: isolation.timezone }),
    ...(runsSystemd(isolation, config.args) ? { SystemdMode: true } : {}),
    Umask: umaskText(container),
    ...(config.secrets === undefined ? {} : { Secrets: config.secrets.map(shownSecret) }),
    Timeout: config.timeout ?? 0,
    StopTimeout: config.stopTimeout,
    Passwd: isolation.passwd ?? true,
    sdNotifyMode: config.notify ?? "container",
    ...(config.notifySocket === undefined ? {} : { sdNotifySocket: config.notifySocket }),
    ...(exposedPorts.length === 0 ? {} : { ExposedPorts: goMap(portSet(exposedPorts)) }),
  };
  return goFields(fields, {
    ...{ DomainName: "", StartupHealthCheck: null, Healthcheck: null, Secrets: [], Timezone: "" },
    ...{ HealthMaxLogCount: fields.HealthcheckMaxLogCount, HealthMaxLogSize: fields.HealthcheckMaxLogSize },
    ...{ SystemdMode: false, SdNotifyMode: fields.sdNotifyMode, SdNotifySocket: config.notifySocket ?? "" },
    ...{ ExposedPorts: goMap({}), ChrootDirs: [] },
  });
}

function portSet(ports: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    unpublishedPorts({ ports: [], exposedPorts: ports }).map(({ containerPort, protocol }) => [
      `${containerPort}/${protocol}`,
      {},
    ]),
  );
}

function shownSecret({ name, id, uid, gid, mode }: ContainerSecret): object {
  return { Name: name, ID: id, UID: uid, GID: gid, Mode: mode };
}

function hostConfig(
  host: ListHost,
  { container }: ListedContainer,
  cgroup: ReturnType<typeof likelyRuntime>["cgroup"],
): object {
  const { config } = container;
  const defaults = capabilityNames({});
  const bounding = capabilityNames({
    add: config.addCapabilities,
    drop: config.dropCapabilities,
    privileged: config.privileged,
  });
  const fields = {
    Binds: bindTexts(config.mounts),
    CgroupManager: cgroup === "systemd" ? "systemd" : "cgroupfs",
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
    VolumesFrom: config.volumesFrom ?? null,
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
    PublishAllPorts: config.publishesAll ?? false,
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
  return goFields(fields, { IDMappings: null, IntelRdtClosID: "" });
}

function isRoot(user: string): boolean {
  return /^(?:|0|root)(?::.*)?$/.test(user);
}
