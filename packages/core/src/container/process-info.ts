import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerState } from "../runtime/index.ts";
import { processesOf } from "./pause.ts";

/** Ticks of a second in /proc, on every Linux there is. */
const TICKS = 100;

/** An id as the host and as the container see it. */
export interface SeenId {
  readonly host: number;
  readonly container: number;
}

/** A process of a container, as proc(5) tells. */
export interface ProcessInfo {
  readonly pid: SeenId;
  /** The container's is 0 for a parent outside it. */
  readonly ppid: SeenId;
  readonly pgid: SeenId;
  readonly uid: SeenId;
  readonly realUid: SeenId;
  readonly gid: SeenId;
  readonly realGid: SeenId;
  readonly groups: readonly SeenId[];
  readonly command: string;
  readonly args: readonly string[];
  readonly state: string;
  /** Milliseconds of processor time, its own. */
  readonly cpuMs: number;
  /** The same with that of children which have ended. */
  readonly familyCpuMs: number;
  /** Milliseconds since its start. */
  readonly elapsedMs: number;
  readonly nice: number;
  /** 0 for none, else device number. */
  readonly tty: number;
  /** Bytes. */
  readonly virtual: number;
  readonly resident: number;
  /** 0 none, 1 strict, 2 filter. */
  readonly seccomp: number;
  /** Hexadecimal sets: CapEff and so on. */
  readonly capabilities: Readonly<Record<"amb" | "bnd" | "eff" | "inh" | "prm", string>>;
  /** What a security module calls it. */
  readonly label: string;
}

/** The processes of a running container: of its cgroup where it has one, else of its pid namespace. */
export function containerPids(
  procRoot: string,
  state: ContainerState & { readonly status: "running" },
): number[] {
  const { cgroup } = state.record;
  return (cgroup === undefined ? undefined : pidsBelow(cgroup)) ?? processesOf(procRoot, state.init.pid);
}

/** Undefined when the cgroup cannot be read. */
function pidsBelow(folder: string): number[] | undefined {
  try {
    const own = readFileSync(join(folder, "cgroup.procs"), "latin1").split("\n").map(Number);
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [
      ...own.filter((pid) => pid > 0),
      ...below.flatMap(({ name }) => pidsBelow(join(folder, name)) ?? []),
    ];
  } catch {
    return undefined;
  }
}

/** What is known of processes, in the order of their pids; those that have ended meanwhile are left out. */
export function readProcesses(procRoot: string, pids: readonly number[]): ProcessInfo[] {
  const uptimeMs = Number(readFileSync(join(procRoot, "uptime"), "latin1").split(" ")[0]) * 1000;
  const raw = pids.toSorted((a, b) => a - b).flatMap((pid) => readRaw(procRoot, pid) ?? []);
  const inside = new Map(raw.map(({ pid, status }) => [pid, innermost(status, "NSpid") ?? pid]));
  return raw.map((each) => describe(each, inside, uptimeMs));
}

interface Raw {
  readonly pid: number;
  readonly stat: readonly string[];
  readonly command: string;
  readonly status: string;
  readonly args: readonly string[];
  readonly uidMap: string;
  readonly gidMap: string;
  readonly label: string;
}

function readRaw(procRoot: string, pid: number): Raw | undefined {
  const folder = join(procRoot, String(pid));
  try {
    const stat = readFileSync(join(folder, "stat"), "latin1");
    const args = readFileSync(join(folder, "cmdline"), "utf8").split("\0");
    return {
      pid,
      stat: stat.slice(stat.lastIndexOf(")") + 2).split(" "),
      command: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
      status: readFileSync(join(folder, "status"), "latin1"),
      args: args.slice(0, -1),
      uidMap: readFileSync(join(folder, "uid_map"), "latin1"),
      gidMap: readFileSync(join(folder, "gid_map"), "latin1"),
      label: readLabel(folder),
    };
  } catch {
    return undefined; // it has ended
  }
}

function readLabel(folder: string): string {
  try {
    return readFileSync(join(folder, "attr/current"), "latin1").replace(/[\0\n]+$/, "");
  } catch {
    return ""; // no security module has anything to say
  }
}

function describe(raw: Raw, inside: ReadonlyMap<number, number>, uptimeMs: number): ProcessInfo {
  const { pid, stat, command, status, args, uidMap, gidMap, label } = raw;
  const number = (field: number) => Number(stat[field - 3]); // as proc_pid_stat(5) counts
  const seen = (host: number, map: string): SeenId => ({ host, container: insideId(map, host) });
  const [realUid = 0, uid = 0] = numbersOf(status, "Uid");
  const [realGid = 0, gid = 0] = numbersOf(status, "Gid");
  const text = (name: string) => lineOf(status, name) ?? "";
  return {
    pid: { host: pid, container: inside.get(pid) ?? pid },
    ppid: { host: number(4), container: inside.get(number(4)) ?? 0 },
    pgid: { host: number(5), container: innermost(status, "NSpgid") ?? number(5) },
    uid: seen(uid, uidMap),
    realUid: seen(realUid, uidMap),
    gid: seen(gid, gidMap),
    realGid: seen(realGid, gidMap),
    groups: numbersOf(status, "Groups").map((group) => seen(group, gidMap)),
    command,
    args: args.length === 0 ? [`[${command}]`] : args,
    state: stat[0] ?? "?",
    cpuMs: ((number(14) + number(15)) * 1000) / TICKS,
    familyCpuMs: ((number(14) + number(15) + number(16) + number(17)) * 1000) / TICKS,
    elapsedMs: Math.max(0, uptimeMs - (number(22) * 1000) / TICKS),
    nice: number(19),
    tty: number(7),
    virtual: number(23),
    resident: (numbersOf(status, "VmRSS")[0] ?? 0) * 1024,
    seccomp: numbersOf(status, "Seccomp")[0] ?? 0,
    capabilities: {
      amb: text("CapAmb"),
      bnd: text("CapBnd"),
      eff: text("CapEff"),
      inh: text("CapInh"),
      prm: text("CapPrm"),
    },
    label,
  };
}

/** An id of ours as the namespace of the map has it (user_namespaces(7)); 65534 where it has none. */
function insideId(map: string, id: number): number {
  for (const line of map.trim().split("\n")) {
    const [inside = 0, outside = 0, size = 0] = line.trim().split(/\s+/).map(Number);
    if (outside <= id && id < outside + size) return inside + id - outside;
  }
  return 65_534;
}

function lineOf(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim();
}

function numbersOf(status: string, name: string): number[] {
  const line = lineOf(status, name);
  return line === undefined || line === "" ? [] : line.split(/\s+/).map((word) => Number.parseInt(word, 10));
}

function innermost(status: string, name: string): number | undefined {
  return numbersOf(status, name).at(-1);
}
