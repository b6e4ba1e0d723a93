import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerSettings } from "@wherry/core/container";
import { Engine } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";
import { putPlainImage } from "./testdata/plain-image.ts";

const isRoot = process.getuid?.() === 0;
/** Between the templates of one command, which are tried together. */
const BETWEEN = "\u2502";
const ID = "c0ffee".padEnd(64, "0");

/** A container that has never run, with something in every field that can have it. */
const SETTINGS = {
  ...{ diffIds: [], args: ["sh", "-c", "exit 3"], entrypoint: ["sh"], command: ["-c", "exit 3"] },
  ...{ env: ["A=b"], workingDir: "/", user: "7:8", hostname: "boat", terminal: false, openStdin: false },
  labels: { k: "v", made: "here" },
  annotations: { note: "this" },
  mounts: [
    { type: "volume", name: "data", destination: "/data", isAnonymous: false, subpath: "sub" },
    { type: "bind", source: "/src", destination: "/dst", readOnly: true },
    { type: "tmpfs", destination: "/tmp", options: ["size=1m"] },
  ] as ContainerSettings["mounts"],
  network: { kind: "none" },
  ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp", range: 1 }],
  exposedPorts: ["80/tcp", "9000/udp"],
  publishesAll: true,
  volumesFrom: ["other"],
  ...{
    addedHosts: [],
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    init: false,
    readOnly: true,
    autoRemove: true,
  },
  ...{
    removesImage: true,
    privileged: false,
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: true,
  },
  rlimits: [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }],
  limits: { memory: 1024, pidsLimit: 5, cgroupParent: "/boats" },
  isolation: { umask: 0o077, timezone: "Europe/Vienna" },
  log: { driver: "json-file", maxSize: 1000, path: "/logs/c", tag: "boat" },
  userMaps: {
    uids: [{ containerId: 0, hostId: 1, size: 2 }],
    gids: [{ containerId: 0, hostId: 3, size: 4 }],
  },
  restart: { name: "on-failure", retries: 3 },
  health: {
    ...{ test: ["CMD", "true"], intervalMs: 1000, timeoutMs: 2000, retries: 3, startPeriodMs: 0 },
    ...{ onFailure: "kill", logCount: 7, logSize: 9, logDestination: "/logs" },
    startup: { test: ["CMD", "up"], intervalMs: 1000, timeoutMs: 1000, retries: 1, successes: 2 },
  },
  ...{
    notify: "conmon",
    notifySocket: "/run/notify",
    stopSignal: "TERM",
    stopTimeout: 4,
    createCommand: ["wherry"],
  },
} as ContainerSettings;

/** The fields that scripts ask for most, with what they are of the things below. */
const FIELDS: Readonly<Record<string, readonly (readonly [template: string, text: string | RegExp])[]>> = {
  "ps -a": [
    ["{{.ID}}", "c0ffee000000"],
    ["{{.Image}} {{.ImageID}}", /^quay\.io\/team\/boat:1 [0-9a-f]{12}$/],
    ["{{.Names}} {{.Status}} {{.State}}", "web Created created"],
    ["{{.Command}}", "sh -c exit 3"],
    ["{{.Labels}}", "k=v,made=here"],
    ["{{json .Labels}}", '"k=v,made=here"'],
    ['{{.Label "made"}}', "here"],
    ["{{.Pod}}{{.PodName}}", ""],
    ["{{.Ports}}", "0.0.0.0:8080->80/tcp, 9000/udp"],
    ["{{.ExposedPorts}}", "map[80:[tcp] 9000:[udp]]"],
    ["{{.Networks}}", ""],
    ["{{.Mounts}}", "[/data /dst /tmp]"],
    ["{{.Restarts}} {{.ExitCode}} {{.Pid}}", "0 0 0"],
    ["{{.CreatedAt}}", "2026-01-01 00:00:00 +0000 UTC"],
    ["{{.RunningFor}}", /ago$/],
    ["{{.CreatedHuman}}", /ago$/],
    ["{{.Size}}", "0B (virtual 0B)"],
    ["{{.AutoRemove}} {{.Exited}} {{.IsInfra}} {{.CIDFile}}", "true false false"],
    ["{{.ExitedAt}} {{.StartedAt}}", "-62135596800 -62135596800"],
    ["{{.Namespaces.MNT}}{{.Namespaces.User}}{{.CGROUPNS}}{{.Cgroup}}{{.User}}{{.PIDNS}}", ""],
  ],
  images: [
    ["{{.ID}}", /^[0-9a-f]{12}$/],
    ["{{.Repository}} {{.Tag}}", "quay.io/team/boat 1"],
    ["{{.Digest}}", /^sha256:[0-9a-f]{64}$/],
    ["{{.Labels}}", "map[text:boat]"],
    ["{{.Labels.text}}", "boat"],
    ["{{.Size}}", /^\d+(?:\.\d+)? (?:B|kB)$/],
    ["{{.CreatedAt}}", "1970-01-01 00:00:00 +0000 UTC"],
    ["{{.CreatedTime}}", "1970-01-01 00:00:00 +0000 UTC"],
    ["{{.CreatedSince}} {{.Created}}", /^\d+ years ago \d+ years ago$/],
    ["{{.History}}", "quay.io/team/boat:1"],
    ["{{.ReadOnly}} {{.Dangling}} {{.Containers}}", "false false 1"],
    ["{{.Names}} {{.RepoTags}}", "[quay.io/team/boat:1] [quay.io/team/boat:1]"],
    ["{{.Arch}}/{{.Os}} {{.IsManifestList}}", "amd64/linux false"],
  ],
  "inspect web": [
    ["{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.Pid}}", "created false 0 0"],
    ["{{.State.ConmonPid}} {{.State.Paused}} {{.State.StoppedByUser}}", "0 false false"],
    ["{{.State.Health.Status}} {{.State.Healthcheck.Status}}", "starting starting"],
    ["{{.State.Healthcheck.FailingStreak}} {{len .State.Healthcheck.Log}}", "0 0"],
    ["{{.State.StartedAt}}", "0001-01-01 00:00:00 +0000 UTC"],
    ["{{.State.StartedAt.IsZero}} {{.Created.Unix}}", "true 1767225600"],
    [
      "{{.HostConfig.IpcMode}} {{.HostConfig.NetworkMode}} {{.HostConfig.UsernsMode}}",
      "shareable none private",
    ],
    ["{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}", "on-failure 3"],
    ["{{json .HostConfig.PortBindings}}", '{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}'],
    ["{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Path}}", "json-file /logs/c"],
    ["{{.HostConfig.LogConfig.Tag}} {{.HostConfig.LogConfig.Size}}", "boat 1kB"],
    ["{{.HostConfig.Ulimits}}", "[{RLIMIT_NOFILE 10 20}]"],
    ["{{.HostConfig.SecurityOpt}} {{.HostConfig.ReadonlyRootfs}}", "[no-new-privileges] true"],
    ["{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.CgroupParent}}", "1024 5 /boats"],
    ["{{.HostConfig.IDMappings.UIDMap}} {{.HostConfig.IDMappings.GidMap}}", "[0:1:2] [0:3:4]"],
    ["{{.HostConfig.AutoRemove}} {{.HostConfig.AutoRemoveImage}}", "true true"],
    ["{{.HostConfig.Tmpfs}}", "map[/tmp:size=1m]"],
    ["{{.HostConfig.PublishAllPorts}} {{.HostConfig.VolumesFrom}}", "true [other]"],
    ["{{.HostConfig.CgroupManager}}", /^(?:cgroupfs|systemd)$/],
    ["{{.Config.User}} {{index .Config.Env 0}} {{.Config.Labels.made}}", /^7:8 \S+=\S+ here$/],
    ["{{.Config.Annotations.note}} {{.Config.Entrypoint}} {{.Config.Umask}}", "this [sh] 0077"],
    ["{{.Config.StopTimeout}} {{.Config.CreateCommand}} {{.Config.Timezone}}", "4 [wherry] Europe/Vienna"],
    ["{{.Config.SdNotifyMode}} {{.Config.SdNotifySocket}}", "conmon /run/notify"],
    ["{{.Config.HealthcheckOnFailureAction}} {{.Config.HealthLogDestination}}", "kill /logs"],
    ["{{.Config.HealthMaxLogCount}} {{.Config.HealthMaxLogSize}}", "7 9"],
    ["{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}", "[CMD true] 1000000000"],
    ["{{.Config.StartupHealthCheck.Test}} {{.Config.StartupHealthCheck.Successes}}", "[CMD up] 2"],
    ["{{json .Config.ExposedPorts}}", '{"80/tcp":{},"9000/udp":{}}'],
    ["{{.NetworkSettings.Networks.none.IPAddress}}{{.NetworkSettings.Networks.none.MacAddress}}", ""],
    ["{{.NetworkSettings.Networks.none.GlobalIPv6Address}}{{.NetworkSettings.SandboxKey}}", ""],
    [
      "{{json .NetworkSettings.Ports}}",
      '{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"9000/udp":null}',
    ],
    [
      "{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}} {{.SubPath}};{{end}}",
      "volume data /data true sub;bind  /dst false ;",
    ],
    ["{{(index .Mounts 1).Source}}", "/src"],
    ["{{.RestartCount}} {{.ImageName}}", "0 quay.io/team/boat:1"],
    ["{{.Image}} {{.ImageDigest}}", /^[0-9a-f]{64} sha256:[0-9a-f]{64}$/],
    ["{{.ProcessLabel}}{{.MountLabel}}{{.Pod}}", ""],
    ["{{.OCIRuntime}}", /^(?:crun|runc)$/],
    ["{{.IsService}} {{.IsInfra}} {{.LockNumber}} {{.ExecIDs}}", "false false 0 []"],
    ["{{.ID}} {{.Id}} {{.SizeRw}} {{.SizeRootFs}}", `${ID} ${ID} <nil> 0`],
  ],
  "volume inspect data": [
    ["{{.Name}} {{.Driver}} {{.Scope}}", "data local local"],
    ["{{.Mountpoint}}", /\/volumes\/data\/_data$/],
    ["{{.UID}} {{.GID}} {{.Anonymous}}", "3 4 false"],
    ["{{.NeedsCopyUp}} {{.NeedsChown}}", "true false"],
    ["{{.Options}} {{.Labels}}", "map[o:nodev] map[k:v]"],
    ["{{.CreatedAt}} {{.MountCount}} {{.LockNumber}}", "2026-01-01 00:00:00 +0000 UTC 0 0"],
  ],
  "volume ls": [
    ["{{.Name}} {{.Driver}}", "data local"],
    ['{{.Mountpoint}} {{.Label "k"}}', /_data v$/],
  ],
  "events --since 2026-01-01T00:00:00Z --stream=false --filter event=died": [
    ["{{.ID}} {{.Image}} {{.Name}} {{.Status}} {{.Type}}", `${ID} quay.io/team/boat:1 web died container`],
    ["{{.ContainerExitCode}} {{.Attributes.k}} {{.Attributes}}", "3 v map[k:v]"],
    ["{{.Time.UTC}}", "2026-01-02 03:04:05.006 +0000 UTC"],
    ["{{.TimeNano}}", "1767323045006000000"],
    ["{{.HealthStatus}}{{.Network}}{{.PodID}}{{.Error}}", ""],
  ],
  version: [
    ["{{.Client.Version}} {{.Client.APIVersion}} {{.Client.OsArch}}", /^[\d.]+ [\d.]+ linux\/\w+$/],
    ["{{.Client.GoVersion}}{{.Client.GitCommit}} {{.Client.Built}} {{.Client.BuiltTime}}", /^node v[\d.]+ 0/],
    ["{{.Client.Os}}", "linux"],
  ],
  ...(isRoot
    ? {
        info: [
          ["{{.Host.Arch}}", arch() === "x64" ? "amd64" : arch()],
          ["{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}", /^(\w+) \/.*\/\1$/],
          ["{{.Host.OCIRuntime.Package}} {{.Host.Conmon.Package}}", /^\S+ \S+$/],
          ["{{.Host.RemoteSocket.Exists}} {{.Host.RemoteSocket.Path}}", "false"],
          ["{{.Host.NetworkBackend}} {{.Host.NetworkBackendInfo.Backend}}", "pasta pasta"],
          ["{{.Host.NetworkBackendInfo.Path}} {{.Host.Pasta.Executable}}", /^(\S*) \1$/],
          ["{{.Host.CgroupsVersion}} {{.Host.CgroupManager}}", /^v[12] (?:cgroupfs|systemd)$/],
          ["{{.Host.EventLogger}} {{.Host.LogDriver}} {{.Host.DatabaseBackend}}", "file k8s-file sqlite"],
          ["{{.Host.Security.Rootless}} {{.Host.Security.SECCOMPEnabled}}", "false true"],
          [
            "{{.Host.Security.AppArmorEnabled}} {{.Host.Security.SELinuxEnabled}}",
            /^(?:true|false) (?:true|false)$/,
          ],
          ["{{.Host.Security.DefaultCapabilities}}", /^CAP_CHOWN,/],
          ["{{.Host.BuildahVersion}}", program.version],
          ["{{.Host.RootlessNetworkCmd}} {{.Host.OS}} {{.Host.ServiceIsRemote}}", "pasta linux false"],
          ["{{.Host.CPUs}} {{.Host.CPUUtilization.IdlePercent}}", /^\d+ \d+(?:\.\d+)?$/],
          ["{{.Host.IDMappings.UIDMap}}", "[]"],
          ["{{.Store.GraphRoot}} {{.Store.RunRoot}}", /^\S+\/wherry \S+\/wherry$/],
          ["{{.Store.VolumePath}} {{.Store.GraphDriverName}}", /\/volumes overlay$/],
          ["{{.Store.GraphOptions}} {{.Store.ImageStore.Number}}", "map[] 1"],
          ["{{.Store.ContainerStore.Number}} {{.Store.ContainerStore.Stopped}}", "1 1"],
          ['{{index .Store.GraphStatus "Native Overlay Diff"}} {{.Store.TransientStore}}', "true false"],
          ["{{.Plugins.Volume}} {{.Version.Version}} {{.Registries}}", `[local] ${program.version} map[]`],
        ],
      }
    : {}),
} as const;

describe("the fields that scripts ask for most", () => {
  let home: string;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "wherry-fields-"));
    await using engine = Engine.open(hostIn(home));
    const { store } = engine;
    const image = await putPlainImage(store, "boat");
    store.images.tag(image, parseReference("quay.io/team/boat:1"));
    const created = "2026-01-01T00:00:00Z";
    store.containers.insert({
      ...{ id: ID, name: "web", created, imageId: image.id, imageName: "quay.io/team/boat:1" },
      config: { ...SETTINGS, imageDigest: image.manifest.digest },
    });
    store.volumes.insert({
      ...{ name: "data", created, options: { o: "nodev" }, labels: { k: "v" }, uid: 3, gid: 4 },
      ...{ isAnonymous: false, isFresh: true },
    });
    const died = {
      type: "container",
      status: "died",
      id: ID,
      name: "web",
      image: "quay.io/team/boat:1",
    } as const;
    store.events.record(
      { ...died, exitCode: 3, attributes: { k: "v" } },
      new Date("2026-01-02T03:04:05.006Z"),
    );
  });
  after(() => rmSync(home, { recursive: true }));

  for (const [command, fields] of Object.entries(FIELDS))
    it(`${command.split(" ", 2).join(" ")}: ${fields.length} templates`, async () => {
      const template = fields.map(([each]) => each).join(BETWEEN);
      const argv = [...command.split(" "), "--format", template];
      const { status, out, err } = await runInProcess(argv, hostIn(home), { program });
      assert.deepEqual([status, err], [0, ""]);
      const printed = out.replace(/\n$/, "").split(BETWEEN);
      for (const [index, [each, text]] of fields.entries()) {
        const found = (printed[index] ?? "").trim();
        if (typeof text === "string") assert.equal(found, text, each);
        else assert.match(found, text, each);
      }
    });

  it("that are of no such name are an error in Go's words", async () => {
    for (const [command, type] of [
      ["ps -a", "containers.psReporter"],
      ["inspect web", "interface {}|\\*define.InspectContainerData|struct"],
      ["images", "images.imageReporter"],
    ] as const) {
      const argv = [...command.split(" "), "--format", "{{.NoSuchField}}"];
      const { status, out, err } = await runInProcess(argv, hostIn(home), { program });
      assert.deepEqual([status, out], [125, ""]);
      const name = command.split(" ", 1)[0] ?? "";
      assert.match(
        err,
        new RegExp(
          `^Error: template: ${name}:1:\\d+: executing "${name}" at <\\.NoSuchField>: can't evaluate field NoSuchField in type (?:${type})\n`,
        ),
      );
    }
  });
});
