import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerHost } from "./host.ts";
import { containerState } from "./list.ts";
import { containerPids, readProcesses, type ProcessInfo } from "./process-info.ts";
import type { Container } from "./settings.ts";

/** Where a number comes from. */
export type UsageSource = "cgroup v2" | "/proc";

/** What a container has used since its start. Sizes in bytes. */
export interface Usage {
  /** Milliseconds of processor time. */
  readonly cpuMs: number;
  /** Milliseconds since its start. */
  readonly elapsedMs: number;
  readonly memory: number;
  /** The container's limit, or else all that the host has. */
  readonly memoryLimit: number;
  readonly pids: number;
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  readonly sources: Readonly<Record<"cpu" | "memory" | "pids" | "block", UsageSource>>;
}

type UsageHost = Pick<ContainerHost, "store" | "runtimeDir" | "procRoot" | "now">;

/**
 * Measures a running container: by its cgroup, and by its processes where a controller is missing. Undefined when it does
 * not run.
 */
export function measureUsage(host: UsageHost, container: Container): Usage | undefined {
  const state = containerState(host, container);
  if (state.status !== "running") return undefined;
  const { procRoot } = host;
  const { cgroup } = state.record;
  const pids = containerPids(procRoot, state);
  const processes = readProcesses(procRoot, pids);
  const file = (name: string) => (cgroup === undefined ? undefined : readWherePossible(join(cgroup, name)));
  const cpu = /^usage_usec (\d+)/m.exec(file("cpu.stat") ?? "")?.[1];
  const memory = file("memory.current");
  const count = file("pids.current");
  const io = file("io.stat");
  const total =
    Number(/^MemTotal:\s+(\d+) kB/m.exec(readFileSync(join(procRoot, "meminfo"), "latin1"))?.[1]) * 1024;
  const limit = Number(file("memory.max") ?? Number.NaN);
  const block = io === undefined ? blockOf(procRoot, processes) : blockIn(io);
  return {
    cpuMs: cpu === undefined ? sum(processes, ({ familyCpuMs }) => familyCpuMs) : Number(cpu) / 1000,
    elapsedMs: Math.max(1, host.now().getTime() - Date.parse(state.startedAt)),
    memory: memory === undefined ? sum(processes, (each) => proportion(procRoot, each)) : Number(memory),
    memoryLimit: Number.isFinite(limit) && limit < total ? limit : total,
    pids: count === undefined ? processes.length : Number(count),
    ...networkOf(procRoot, state.init.pid),
    ...block,
    sources: {
      cpu: cpu === undefined ? "/proc" : "cgroup v2",
      memory: memory === undefined ? "/proc" : "cgroup v2",
      pids: count === undefined ? "/proc" : "cgroup v2",
      block: io === undefined ? "/proc" : "cgroup v2",
    },
  };
}

/** What a process takes of memory, shared pages in parts where the kernel lets us see them. */
function proportion(procRoot: string, { pid, resident }: ProcessInfo): number {
  const text = readWherePossible(join(procRoot, String(pid.host), "smaps_rollup"));
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text ?? "")?.[1];
  return kilobytes === undefined ? resident : Number(kilobytes) * 1024;
}

function blockIn(text: string): Pick<Usage, "read" | "written"> {
  const total = (name: string) =>
    Array.from(text.matchAll(new RegExp(`\\b${name}=(\\d+)`, "g")), ([, value]) => Number(value)).reduce(
      (all, value) => all + value,
      0,
    );
  return { read: total("rbytes"), written: total("wbytes") };
}

function blockOf(procRoot: string, processes: readonly ProcessInfo[]): Pick<Usage, "read" | "written"> {
  const texts = processes.map(({ pid }) => readWherePossible(join(procRoot, String(pid.host), "io")) ?? "");
  const value = (text: string, name: string) =>
    Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)?.[1] ?? 0);
  return {
    read: sum(texts, (text) => value(text, "read_bytes")),
    written: sum(texts, (text) => value(text, "write_bytes")),
  };
}

/** Of all interfaces but lo. */
function networkOf(procRoot: string, pid: number): Pick<Usage, "received" | "sent"> {
  const lines = (readWherePossible(join(procRoot, String(pid), "net/dev")) ?? "").split("\n").slice(2);
  const cards = lines
    .map((line) => line.trim().split(/[:\s]+/))
    .filter(([name = ""]) => name !== "" && name !== "lo");
  return {
    received: sum(cards, (fields) => Number(fields[1] ?? 0)),
    sent: sum(cards, (fields) => Number(fields[9] ?? 0)),
  };
}

function readWherePossible(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined; // no such controller, a process that has ended, or one we may not look into
  }
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
