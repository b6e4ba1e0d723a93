import { formatBinarySize, formatDuration, formatSize, type ReportStyle } from "@wherry/core/cli";
import type { Container, Usage } from "@wherry/core/container";

export const STATS_STYLE: ReportStyle = {
  name: "stats",
  type: "containers.containerStats",
  headings: {
    CPUPerc: "CPU %",
    AVGCPU: "AVG CPU %",
    AvgCPU: "AVG CPU %",
    CPUTime: "CPU TIME",
    MemUsage: "MEM USAGE / LIMIT",
    MemUsageBytes: "MEM USAGE / LIMIT",
    MemPerc: "MEM %",
    NetIO: "NET IO",
    BlockIO: "BLOCK IO",
    PIDS: "PIDS",
  },
  format:
    "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDS}}\t{{.CPUTime}}\t{{.AVGCPU}}",
};

/** A container at one moment, and the moment before it where there was one. */
export interface Sample {
  readonly container: Container;
  /** Undefined for one that does not run. */
  readonly usage: Usage | undefined;
  readonly before?: Usage | undefined;
}

/** A container as templates of `stats` see it: podman's fields, and where the numbers come from. */
export function statsRow(
  { container, usage, before }: Sample,
  truncate: boolean,
): Readonly<Record<string, string>> {
  const { id, name } = container;
  const shownId = truncate ? id.slice(0, 12) : id;
  if (usage === undefined) return { ...NOTHING, ID: shownId, Container: shownId, Name: name };
  const { cpuMs, memory, memoryLimit, pids, received, sent, read, written } = usage;
  const average = percent(cpuMs, usage.elapsedMs);
  return {
    ID: shownId,
    Container: shownId,
    Name: name,
    CPUPerc: cpuPercent(usage, before),
    MemUsage: `${formatSize(memory, "", 4)} / ${formatSize(memoryLimit, "", 4)}`,
    MemUsageBytes: `${formatBinarySize(memory)} / ${formatBinarySize(memoryLimit)}`,
    MemPerc: percent(memory, memoryLimit),
    NetIO: pair(received, sent),
    BlockIO: pair(read, written),
    PIDS: String(pids),
    CPUTime: formatDuration(Math.round(cpuMs * 1000) / 1000),
    AVGCPU: average,
    AvgCPU: average,
    Source: sourceText(usage),
  };
}

/** The same as `--format json` prints it. */
export function statsJson(row: Readonly<Record<string, string>>): object {
  return {
    id: row["ID"],
    name: row["Name"],
    cpu_time: row["CPUTime"],
    cpu_percent: row["CPUPerc"],
    avg_cpu: row["AVGCPU"],
    mem_usage: row["MemUsage"],
    mem_percent: row["MemPerc"],
    net_io: row["NetIO"],
    block_io: row["BlockIO"],
    pids: row["PIDS"],
    source: row["Source"],
  };
}

/** `cpu: cgroup v2; memory, pids, block io: /proc`. */
export function sourceText({ sources }: Pick<Usage, "sources">): string {
  const { block, ...others } = sources;
  const named = Object.entries({ ...others, "block io": block });
  return (["cgroup v2", "/proc"] as const)
    .flatMap((source) => {
      const names = named.filter(([, from]) => from === source).map(([name]) => name);
      return names.length === 0 ? [] : [`${names.join(", ")}: ${source}`];
    })
    .join("; ");
}

/** Since the last look; since the container's start where this is the first. */
function cpuPercent({ cpuMs, elapsedMs }: Usage, before: Usage | undefined): string {
  if (before === undefined || elapsedMs <= before.elapsedMs) return percent(cpuMs, elapsedMs);
  return percent(Math.max(0, cpuMs - before.cpuMs), elapsedMs - before.elapsedMs);
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(2)}%`;
}

function pair(one: number, other: number): string {
  return one === 0 && other === 0 ? "-- / --" : `${formatSize(one, "", 4)} / ${formatSize(other, "", 4)}`;
}

const NOTHING = {
  CPUPerc: "--",
  MemUsage: "-- / --",
  MemUsageBytes: "-- / --",
  MemPerc: "--",
  NetIO: "-- / --",
  BlockIO: "-- / --",
  PIDS: "--",
  CPUTime: "--",
  AVGCPU: "--",
  AvgCPU: "--",
  Source: "",
};
