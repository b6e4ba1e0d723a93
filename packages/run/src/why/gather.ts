import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { machine } from "node:os";
import { join, posix } from "node:path";
import {
  containerPaths,
  containerState,
  findInLayers,
  lowerLayers,
  writtenLayer,
  isStoppedByUser,
  listContainers,
  readInLayers,
  readLogs,
  readStartFailure,
  volumePath,
  type Container,
} from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { errnoOf, WherryError } from "@wherry/core/error";
import { capabilitySets, resolveUser } from "@wherry/core/spec";
import { planIdMaps, type IdMap } from "@wherry/core/userns";
import { readFileKind } from "./elf.ts";
import type { Evidence, MountFacts, ProgramFile } from "./evidence.ts";

const OUTPUT_LINES = 40;
const HEAD_BYTES = 4096;

/** Looks at all that is left of a container; nothing is started or changed. */
export async function gatherEvidence(engine: Engine, container: Container): Promise<Evidence> {
  const host = containerHost(engine);
  const { config, name } = container;
  const paths = containerPaths(host, container.id);
  const state = containerState(host, container);
  const layers = [...lowerLayers(host, container), writtenLayer(host, container)];
  const failure = readStartFailure(host, container);
  const inside = userIdOf(layers, config.user);
  const maps = uidMapsOf(engine, container);
  const { effective } = capabilitySets(
    { add: config.addCapabilities, drop: config.dropCapabilities, privileged: config.privileged },
    inside,
  );
  const program = programOf(layers, container);
  const hostId = outside(maps, inside);
  return {
    name,
    status: state.status,
    ...(state.status === "exited" && state.error === undefined ? { exitCode: state.exitCode } : {}),
    ...(state.status === "exited" && state.error !== undefined ? { unknownExit: state.error } : {}),
    ...(state.status === "exited" && state.error === undefined
      ? { ranFor: (Date.parse(state.finishedAt) - Date.parse(state.startedAt)) / 1000 }
      : {}),
    ...(failure === undefined ? {} : { startFailure: failure }),
    isStopped: isStoppedByUser(host, container.id),
    isOutOfMemory: existsSync(join(paths.bundle, "oom")),
    ...optional("memoryLimit", config.limits?.memory),
    ...optional("timeout", config.timeout === 0 ? undefined : config.timeout),
    args: config.args,
    ...optional("program", program),
    machine: machine(),
    output: await lastOutput(engine, container),
    hasTerminal: config.terminal,
    hasInput: config.openStdin,
    isReadOnly: config.readOnly,
    capabilities: effective,
    user: { inside, ...optional("host", hostId) },
    mounts: config.mounts.flatMap((mount) => mountFacts(engine, mount, maps)),
    takenPorts: takenPorts(engine, container),
  };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined) {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}

async function lastOutput(engine: Engine, container: Container): Promise<string[]> {
  const lines: string[] = [];
  let open = "";
  const isKept = !["none", "passthrough"].includes(container.config.log?.driver ?? "");
  const entries = isKept ? readLogs(containerHost(engine), container, { tail: OUTPUT_LINES }) : [];
  for await (const { text, isPartial } of entries) {
    open += text.toString();
    if (isPartial) continue;
    lines.push(open.trimEnd());
    open = "";
  }
  return [...lines, ...(open === "" ? [] : [open])].filter((line) => line !== "");
}

/** The user's id, as the image's files have it; root when they cannot tell. */
function userIdOf(layers: readonly string[], user: string): number {
  try {
    const read = (path: string) => readInLayers(layers, path) ?? "";
    return resolveUser(user, { passwd: read("/etc/passwd"), group: read("/etc/group") }).uid;
  } catch (error) {
    if (error instanceof WherryError) return Number(/^\d+/.exec(user)?.[0] ?? 0);
    throw error;
  }
}

/** How ids inside the container are ids of the host; undefined when nobody can say. */
function uidMapsOf({ host }: Engine, { config }: Container): IdMap[] | undefined {
  const base = host.uid === 0 ? [EVERY_ID] : subordinateMaps(host);
  const own = config.userMaps?.uids;
  if (own === undefined || base === undefined) return base;
  return own.flatMap(({ containerId, hostId, size }) => {
    const first = outside(base, hostId);
    return first === undefined ? [] : [{ containerId, hostId: first, size }];
  });
}

const EVERY_ID: IdMap = { containerId: 0, hostId: 0, size: 2 ** 32 - 1 };

function subordinateMaps({ uid, gid, userName, etc }: Engine["host"]): IdMap[] | undefined {
  const table = (name: string) => {
    const path = join(etc, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  try {
    return [
      ...planIdMaps({ uid, gid, userName, etc, subuid: table("subuid"), subgid: table("subgid") }).uids,
    ];
  } catch (error) {
    if (error instanceof WherryError) return undefined; // no sub-ids: doctor says so
    throw error;
  }
}

function outside(maps: readonly IdMap[] | undefined, id: number): number | undefined {
  const range = maps?.find(({ containerId, size }) => id >= containerId && id < containerId + size);
  return range === undefined ? undefined : range.hostId + id - range.containerId;
}

function inward(maps: readonly IdMap[] | undefined, id: number): number | undefined {
  const range = maps?.find(({ hostId, size }) => id >= hostId && id < hostId + size);
  return range === undefined ? undefined : range.containerId + id - range.hostId;
}

function mountFacts(
  { store, host }: Engine,
  mount: Container["config"]["mounts"][number],
  maps: readonly IdMap[] | undefined,
): MountFacts[] {
  if (mount.type !== "bind" && mount.type !== "volume") return [];
  const isVolume = mount.type === "volume";
  const source = isVolume ? mount.name : mount.source;
  const stats = statOf(isVolume ? volumePath(store, mount.name) : mount.source);
  const owner =
    stats === undefined
      ? {}
      : {
          owner: {
            host: stats.uid,
            ...optional("inside", inward(maps, stats.uid)),
            isMe: stats.uid === host.uid,
            mode: stats.mode & 0o7777,
          },
        };
  const { destination, readOnly } = mount;
  return [{ source, destination, isVolume, isReadOnly: readOnly === true, ...owner }];
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The program's file, looked for as the runtime does; undefined when the layers may not be read. */
function programOf(layers: readonly string[], { config }: Container): ProgramFile | undefined {
  const [name = ""] = config.args;
  try {
    const paths = candidates(name, config.env, config.workingDir);
    const found = paths.map((path) => findInLayers(layers, path)).find((file) => file?.kind === "other");
    if (found === undefined) return { kind: "missing", path: name };
    const kind = readFileKind(headOf(found.hostPath));
    if (kind.kind === "other") return { kind: "other", path: found.path };
    const { interpreter } = kind;
    const isThere = interpreter !== undefined && findInLayers(layers, interpreter) !== undefined;
    const loader = interpreter === undefined ? {} : { interpreter: { path: interpreter, isThere } };
    return kind.kind === "elf"
      ? { kind: "elf", path: found.path, machine: kind.machine, ...loader }
      : { kind: "script", path: found.path, ...loader };
  } catch (error) {
    if (error instanceof WherryError || errnoOf(error) !== undefined) return undefined; // another id's files
    throw error;
  }
}

function candidates(name: string, env: readonly string[], workingDir: string): string[] {
  if (name.includes("/")) return [posix.resolve(workingDir === "" ? "/" : workingDir, name)];
  const path = env.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
  return path.split(":").map((folder) => posix.join(folder, name));
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function headOf(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

function takenPorts(engine: Engine, { id, config }: Container): Evidence["takenPorts"] {
  if (config.ports.length === 0) return [];
  const running = listContainers(containerHost(engine)).filter(
    ({ container, state }) => state.status === "running" && container.id !== id,
  );
  return config.ports.flatMap(({ hostPort, range, protocol }) =>
    Array.from({ length: range }, (_, index) => hostPort + index).flatMap((port) => {
      const other = running.find(({ container }) =>
        container.config.ports.some(
          (mapping) =>
            mapping.protocol === protocol &&
            port >= mapping.hostPort &&
            port < mapping.hostPort + mapping.range,
        ),
      );
      return other === undefined ? [] : [{ port, by: other.container.name }];
    }),
  );
}
