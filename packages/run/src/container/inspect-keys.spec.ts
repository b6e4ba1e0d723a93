import assert from "node:assert/strict";
import type { ContainerSettings, ListedContainer } from "@wherry/core/container";
import { Store } from "@wherry/core/store";
import { inspectContainer } from "./inspect-container.ts";

/** The keys that `podman inspect` of podman 4.3.1 prints, by the object they are in. */
const PODMAN: Readonly<Record<string, string>> = {
  "":
    "Id Created Path Args State Image ImageDigest ImageName Rootfs Pod ResolvConfPath HostnamePath HostsPath StaticDir " +
    "OCIRuntime ConmonPidFile PidFile Name RestartCount Driver MountLabel ProcessLabel AppArmorProfile EffectiveCaps " +
    "BoundingCaps ExecIDs GraphDriver Mounts Dependencies NetworkSettings Namespace IsInfra IsService Config HostConfig",
  State:
    "OciVersion Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt Health " +
    "CheckpointedAt RestoredAt",
  Config:
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes " +
    "WorkingDir Entrypoint OnBuild Labels Annotations StopSignal HealthcheckOnFailureAction CreateCommand Umask Timeout " +
    "StopTimeout Passwd sdNotifyMode",
  HostConfig:
    "Binds CgroupManager CgroupMode ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove " +
    "VolumeDriver VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Cgroups Links " +
    "OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt Tmpfs UTSMode UsernsMode ShmSize Runtime " +
    "ConsoleSize Isolation CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps " +
    "BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod " +
    "CpuRealtimeRuntime CpusetCpus CpusetMems Devices DiskQuota KernelMemory MemoryReservation MemorySwap " +
    "MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth CgroupConf",
  "HostConfig.LogConfig": "Type Config Path Tag Size",
  "HostConfig.RestartPolicy": "Name MaximumRetryCount",
  NetworkSettings:
    "EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen MacAddress Bridge " +
    "SandboxID HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen Ports SandboxKey",
  "Mounts.0": "Type Source Destination Driver Mode Options RW Propagation",
};

/** What ours has besides: of later podmans, and of docker. */
const MORE: Readonly<Record<string, string>> = {
  "": "OCIConfigPath KubeExitCodePropagation lockNumber UseImageHosts UseImageHostname",
  State: "ConmonPid StoppedByUser",
  Config: "HealthLogDestination HealthcheckMaxLogCount HealthcheckMaxLogSize",
  HostConfig: "AutoRemoveImage Annotations Init",
  NetworkSettings: "Networks",
};

/** Values whose kind differs from podman 4.3.1's on purpose: podman 5 prints them so. */
const KINDS: Readonly<Record<string, string>> = { "Config.Entrypoint": "list", "Config.StopSignal": "text" };

describe("inspect, beside podman's keys", () => {
  const config = {
    ...{ args: ["sh"], entrypoint: [], command: ["sh"], env: [], workingDir: "/", user: "", hostname: "h" },
    ...{ terminal: false, openStdin: false, labels: {}, annotations: {}, init: false, readOnly: false },
    mounts: [{ type: "bind", source: "/src", destination: "/dst" }],
    ...{ network: { kind: "host" }, ports: [], addedHosts: [], dns: [], dnsSearch: [], dnsOptions: [] },
    ...{ autoRemove: false, privileged: false, addCapabilities: [], dropCapabilities: [], diffIds: [] },
    ...{ stopSignal: "SIGTERM", stopTimeout: 10, createCommand: [] },
  } as unknown as ContainerSettings;
  const listed: ListedContainer = {
    state: { status: "created" },
    container: {
      ...{ id: "a".repeat(64), name: "c", created: "2026-01-01T00:00:00Z" },
      ...{ imageId: "sha256:b", imageName: "localhost/b:latest", config },
    },
  };
  const host = {
    store: Store.open("/nonexistent"),
    runtimeDir: "/nonexistent",
    procRoot: "/proc",
    searchPath: "",
    uid: 0,
  };
  const inspected = inspectContainer(host, listed, undefined);

  const at = (path: string): unknown =>
    path
      .split(".")
      .filter((part) => part !== "")
      .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], inspected);

  for (const [path, keys] of Object.entries(PODMAN)) {
    it(`has the keys of ${path === "" ? "the container" : path}, and no others than are told`, () => {
      const ours = Object.keys(at(path) as object);
      const known = keys.split(" ");
      assert.deepEqual(
        known.filter((key) => !ours.includes(key)),
        [],
      );
      const more = (MORE[path] ?? "").split(" ").filter((key) => key !== "");
      assert.deepEqual(ours.filter((key) => !known.includes(key)).sort(), more.sort());
    });
  }

  for (const [path, kind] of Object.entries(KINDS)) {
    it(`has a ${kind} for ${path}, as later podmans`, () => {
      const value = at(path);
      assert.equal(Array.isArray(value) ? "list" : typeof value === "string" ? "text" : typeof value, kind);
    });
  }
});
