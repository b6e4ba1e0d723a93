import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { TestUser } from "../test/support/user.ts";
import { watchDisk } from "./disk.ts";

/** One command line of a comparison, and what must be done, unmeasured, before each run of it. */
export interface Side {
  /** A function gives the next one. */
  readonly argv: readonly string[] | (() => readonly string[]);
  readonly before?: (() => Promise<unknown>) | undefined;
  /** Which processes' memory counts, by name; default all that are started. */
  readonly counts?: (name: string) => boolean;
}

export interface Row {
  /** What is done, as in docs/architecture.md's table of budgets. */
  readonly work: string;
  readonly ours: Side;
  /** The peer's way to do the same; undefined where there is no peer and only `floorMs` or memory count. */
  readonly theirs: Side | undefined;
  readonly peer: string;
  /** At most this ratio ours : theirs, this much memory, or this much disk. */
  readonly budget: { readonly ratio: number } | { readonly peakMiB: number } | DiskBudget;
  readonly pairs: number;
}

/** The most that a folder may grow by while something is done, of which `besides` bytes are not counted, over `bytes`. */
export interface DiskBudget {
  readonly diskRatio: number;
  readonly folder: string;
  readonly bytes: number;
  readonly besides: number;
}

export interface Outcome {
  readonly work: string;
  readonly peer: string;
  readonly oursMs: number;
  readonly theirsMs: number | undefined;
  readonly ratio: number | undefined;
  readonly peakMiB: number;
  readonly budget: string;
  readonly met: boolean;
}

/** Runs both sides in turn, so that what else the machine does meets both alike, and gives the medians. */
export async function measure(row: Row, user: TestUser): Promise<Outcome> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  let peakMiB = 0;
  let diskRatio: number | undefined;
  const isSingle = row.pairs === 1; // what can be done once only
  for (let pair = isSingle ? 1 : 0; pair <= row.pairs; pair++) {
    const watchesMemory = pair === 0 || isSingle; // looking at a process slows it down
    await row.ours.before?.();
    const disk = "diskRatio" in row.budget ? await watchDisk(row.budget.folder) : undefined;
    let grown = 0;
    const one = await timed({ ...row.ours, before: undefined }, user, watchesMemory).finally(async () => {
      if (disk !== undefined) grown = await disk.stop();
    });
    if ("diskRatio" in row.budget) diskRatio = (grown - row.budget.besides) / row.budget.bytes;
    const other = row.theirs === undefined ? undefined : await timed(row.theirs, user, watchesMemory);
    peakMiB = Math.max(peakMiB, one.peakMiB);
    if (pair === 0) continue; // the first pair warms caches
    ours.push(one.ms);
    if (other !== undefined) theirs.push(other.ms);
  }
  return judge(row, median(ours), theirs.length === 0 ? undefined : median(theirs), peakMiB, diskRatio);
}

function judge(
  row: Row,
  oursMs: number,
  theirsMs: number | undefined,
  peakMiB: number,
  diskRatio: number | undefined,
): Outcome {
  const ratio = diskRatio ?? (theirsMs === undefined ? undefined : oursMs / theirsMs);
  const { budget, met } = verdict(row.budget, ratio, peakMiB);
  return { work: row.work, peer: row.peer, oursMs, theirsMs, ratio, peakMiB, budget, met };
}

function verdict(
  budget: Row["budget"],
  ratio: number | undefined,
  peakMiB: number,
): { budget: string; met: boolean } {
  if ("diskRatio" in budget)
    return {
      budget: `≤ ${budget.diskRatio} × the layer`,
      met: ratio !== undefined && ratio <= budget.diskRatio,
    };
  if ("ratio" in budget)
    return { budget: `≤ ${budget.ratio} ×`, met: ratio !== undefined && ratio <= budget.ratio };
  return { budget: `≤ ${budget.peakMiB} MiB`, met: peakMiB <= budget.peakMiB };
}

/** Wall time of one run, and the largest resident size of its processes together seen on the way. */
export async function timed(
  { argv, before, counts = () => true }: Side,
  user: TestUser,
  watchesMemory = true,
): Promise<{ ms: number; peakMiB: number }> {
  await before?.();
  const words = typeof argv === "function" ? argv() : argv;
  const [program = "", ...args] = words;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const { env, uid, gid, home } = user;
    const child = spawn(program, args, { env, uid, gid, cwd: home, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    let peakMiB = 0;
    const watch = watchesMemory
      ? setInterval(() => (peakMiB = Math.max(peakMiB, memoryOf(child.pid, counts))), 20)
      : undefined;
    child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
    child.once("error", reject);
    child.once("close", (status) => {
      const ms = performance.now() - started;
      clearInterval(watch);
      if (status === 0) resolve({ ms, peakMiB });
      else reject(new Error(`${words.join(" ")} ended with status ${String(status)}: ${stderr.trim()}`));
    });
  });
}

/** Resident memory of a process and all that it started, in MiB; 0 when it is gone. */
function memoryOf(pid: number | undefined, counts: (name: string) => boolean): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
    const isCounted = counts(/^Name:\s+(.*)$/m.exec(status)?.[1] ?? "");
    const own = isCounted ? Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024 : 0;
    const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8");
    return children
      .split(" ")
      .filter(Boolean)
      .reduce((sum, child) => sum + memoryOf(Number(child), counts), own);
  } catch {
    return 0;
  }
}

/** The middle of the values, or between the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}
