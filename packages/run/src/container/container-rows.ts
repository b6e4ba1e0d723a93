import { formatAge, formatSize, goMap, GoTime } from "@wherry/core/cli";
import { unpublishedPorts, type ListedContainer } from "@wherry/core/container";
import { formatNetworkMode, type PortMapping } from "@wherry/core/network";
import { portsText, stateWord, statusText } from "./describe.ts";

/** Go's zero time, which podman prints for what has not happened, in seconds since 1970. */
const NEVER = -62_135_596_800;
const COMMAND_WIDTH = 17;

/** A row of `ps`: podman's names of fields, for templates. */
export type ContainerRow = Readonly<Record<string, unknown>>;

/** What is looked up only when it is asked for. */
export interface RowDetails {
  /** Bytes of the container's own files, and with its image. */
  readonly size?: ContainerSize;
  /** Inode numbers of its namespaces by their kinds; of a container that runs. */
  readonly namespaces?: Readonly<Record<string, string>>;
}

export interface ContainerSize {
  readonly rootFsSize: number;
  readonly rwSize: number;
}

/** @param truncate shorten IDs and commands. */
export function containerRow(
  listed: ListedContainer,
  now: Date,
  truncate: boolean,
  { size, namespaces = {} }: RowDetails = {},
): ContainerRow {
  const { container, state } = listed;
  const { id, name, created, imageId, imageName, config } = container;
  const short = (text: string) => (truncate ? text.slice(0, 12) : text);
  return {
    ID: short(id),
    Image: imageName,
    ImageID: short(imageId.replace("sha256:", "")),
    Command: commandText(config.args, truncate),
    CreatedAt: new GoTime(created).toString(),
    CreatedHuman: formatAge(created, now),
    Created: new GoTime(created).toString(),
    RunningFor: formatAge(created, now),
    State: stateWord(listed),
    Status: statusText(listed, now),
    Ports: portsText(config.ports, config.exposedPorts),
    ExposedPorts: exposedMap(config.exposedPorts),
    CIDFile: config.cidFile ?? "",
    Names: name,
    Labels: labelsText(config.labels),
    Label: (key: unknown) => config.labels[String(key)] ?? "",
    Mounts: config.mounts.map(({ destination }) => destination),
    Networks: networksOf(listed).join(","),
    Pid: state.status === "running" ? state.init.pid : 0,
    ExitCode: state.status === "exited" ? state.exitCode : 0,
    Exited: state.status === "exited",
    ExitedAt: state.status === "exited" ? seconds(state.finishedAt) : NEVER,
    StartedAt: startedAt(listed),
    AutoRemove: config.autoRemove,
    Restarts: listed.restarts ?? 0,
    IsInfra: false,
    Namespaces: namespacesRow(namespaces),
    Cgroup: namespaces["cgroup"] ?? "",
    CGROUPNS: namespaces["cgroup"] ?? "",
    IPC: namespaces["ipc"] ?? "",
    MNT: namespaces["mnt"] ?? "",
    NET: namespaces["net"] ?? "",
    PIDNS: namespaces["pid"] ?? "",
    User: namespaces["user"] ?? "",
    USERNS: namespaces["user"] ?? "",
    UTS: namespaces["uts"] ?? "",
    Pod: "",
    PodName: "",
    Size:
      size === undefined ? "" : `${formatSize(size.rwSize, "")} (virtual ${formatSize(size.rootFsSize, "")})`,
  };
}

/** The containers as `ps --format json` prints them. */
export function containerJson(
  listed: ListedContainer,
  now: Date,
  { size, namespaces = {} }: RowDetails = {},
): object {
  const { container, state } = listed;
  const { id, name, created, imageId, imageName, config } = container;
  return {
    AutoRemove: config.autoRemove,
    Command: config.args,
    CreatedAt: formatAge(created, now),
    CIDFile: config.cidFile ?? "",
    Exited: state.status === "exited",
    ExitedAt: state.status === "exited" ? seconds(state.finishedAt) : NEVER,
    ExitCode: state.status === "exited" ? state.exitCode : 0,
    ExposedPorts: exposedMap(config.exposedPorts),
    Id: id,
    Image: imageName,
    ImageID: imageId.replace("sha256:", ""),
    IsInfra: false,
    Labels: Object.keys(config.labels).length === 0 ? null : config.labels,
    Mounts: config.mounts.map(({ destination }) => destination),
    Names: [name],
    Namespaces: goMap(namespacesJson(namespaces)),
    Networks: networksOf(listed),
    Pid: state.status === "running" ? state.init.pid : 0,
    Pod: "",
    PodName: "",
    Ports: config.ports.length === 0 ? null : config.ports.map(portJson),
    Restarts: listed.restarts ?? 0,
    Size: size ?? null,
    StartedAt: startedAt(listed),
    State: stateWord(listed),
    Status: statusText(listed, now),
    Created: seconds(created),
  };
}

/** podman's keys of namespaces in JSON: `Mnt`, `Net`, `Pidns`, `User`. */
function namespacesJson(namespaces: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(namespaces).map(([kind, inode]) => [
      kind === "pid" ? "Pidns" : kind.charAt(0).toUpperCase() + kind.slice(1),
      inode,
    ]),
  );
}

/** The same as templates call them: `{{.Namespaces.MNT}}`, `{{.Namespaces.User}}`. */
function namespacesRow(namespaces: Readonly<Record<string, string>>): object {
  const { mnt = "", cgroup = "", ipc = "", net = "", pid = "", uts = "", user = "" } = namespaces;
  return { MNT: mnt, Cgroup: cgroup, IPC: ipc, NET: net, PIDNS: pid, UTS: uts, User: user };
}

/** Exposed ports as podman has them: port → protocols; null where there are none. */
function exposedMap(ports: readonly string[] = []): Readonly<Record<string, readonly string[]>> | null {
  if (ports.length === 0) return null;
  const exposed = unpublishedPorts({ ports: [], exposedPorts: ports });
  return goMap(
    Object.fromEntries(
      [...Map.groupBy(exposed, ({ containerPort }) => containerPort)].map(([port, same]) => [
        port,
        same.map(({ protocol }) => protocol),
      ]),
    ),
  );
}

function portJson({ hostIp = "", hostPort, containerPort, protocol, range }: PortMapping): object {
  return { host_ip: hostIp, container_port: containerPort, host_port: hostPort, range, protocol };
}

function commandText(args: readonly string[], truncate: boolean): string {
  const text = args.join(" ");
  return truncate && text.length > COMMAND_WIDTH ? `${text.slice(0, COMMAND_WIDTH)}...` : text;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key] ?? ""}`)
    .join(",");
}

/** Only networks that are made by hand have names; ours is called by its kind. */
function networksOf({ container }: ListedContainer): string[] {
  const mode = formatNetworkMode(container.config.network);
  return mode === "none" ? [] : [mode.replace(/:.*$/s, "")];
}

function startedAt({ state }: ListedContainer): number {
  return "startedAt" in state ? seconds(state.startedAt) : NEVER;
}

function seconds(time: string): number {
  return Math.trunc(new Date(time).getTime() / 1000);
}
