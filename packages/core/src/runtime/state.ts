import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { writeFileAtomically } from "../io/index.ts";
import { identify, isRunning, type ProcessIdentity } from "../process/index.ts";

/** What was written down when a container was started. Whether it still runs is for the kernel to say. */
export interface StartRecord {
  /** /proc/sys/kernel/random/boot_id: pids mean nothing after a restart of the host. */
  readonly boot: string;
  readonly monitor: ProcessIdentity;
  /** The process that starts it. */
  readonly starter: ProcessIdentity;
  /** The container's first process; absent while it is being made. */
  readonly init?: ProcessIdentity;
  /** The program that connects it to the network. */
  readonly pasta?: ProcessIdentity;
  /** RFC 3339; absent while its program has not started. */
  readonly startedAt?: string;
  /** Whether its start was left to a later command: the monitor waits for it. */
  readonly isHeld?: boolean;
  /** Folder of the container's cgroup, where it has one of its own. */
  readonly cgroup?: string;
}

/** What a container is doing. */
export type ContainerState =
  | {
      readonly status: "created";
      /** Of a start that was cut short; see `leftOvers`. */
      readonly record?: StartRecord;
    }
  /** Another process is starting it right now, or has made it for a later start. */
  | { readonly status: "starting"; readonly record: StartRecord }
  | {
      readonly status: "running";
      readonly record: StartRecord;
      readonly init: ProcessIdentity;
      readonly startedAt: string;
      /** Its processes are held. */
      readonly isPaused: boolean;
    }
  | {
      readonly status: "exited";
      /** 0 to 255; 255 when nobody could see it. */
      readonly exitCode: number;
      /** RFC 3339. */
      readonly finishedAt: string;
      readonly startedAt: string;
      /** Why the exit code is not known. */
      readonly error?: string;
      /** Of its last run; see `leftOvers`. */
      readonly record: StartRecord;
    };

const UNKNOWN_EXIT_CODE = 255;

/** Reads a container's state from what its monitor left and the kernel knows; nothing is stored when it changes. */
export function readState(id: string, directory: string, procRoot: string): ContainerState {
  const record = readStartRecord(directory);
  if (record === undefined) return { status: "created" };
  const { init, startedAt } = record;
  const sameBoot = record.boot === bootId(procRoot);
  if (init === undefined || startedAt === undefined) {
    const starter = record.isHeld === true ? record.monitor : record.starter;
    const isUnderWay = sameBoot && isRunning(starter, procRoot);
    return { status: isUnderWay ? "starting" : "created", record };
  }
  const exitPath = join(directory, id);
  const exit = readExit(exitPath);
  if (exit !== undefined) return { status: "exited", ...exit, startedAt, record };
  if (sameBoot && isRunning(record.monitor, procRoot))
    return { status: "running", record, init, startedAt, isPaused: readPaused(record, directory) };
  // the monitor may have written it between our two looks
  const late = readExit(exitPath);
  if (late !== undefined) return { status: "exited", ...late, startedAt, record };
  return {
    status: "exited",
    exitCode: UNKNOWN_EXIT_CODE,
    finishedAt: startedAt,
    error: sameBoot ? "conmon process killed" : "the host was restarted",
    startedAt,
    record,
  };
}

/** In a container's folder while its processes are stopped by a signal, as where it has no cgroup. */
export const PAUSED_FILE = "paused";

function readPaused({ cgroup }: StartRecord, directory: string): boolean {
  if (existsSync(join(directory, PAUSED_FILE))) return true;
  try {
    return cgroup !== undefined && readFileSync(join(cgroup, "cgroup.freeze"), "latin1").startsWith("1");
  } catch {
    return false; // its cgroup has just gone
  }
}

/** The id of this boot of the host. */
export function bootId(procRoot: string): string {
  return readFileSync(join(procRoot, "sys/kernel/random/boot_id"), "utf8").trim();
}

/** Writes down a start, or how far it has come. */
export function writeStartRecord(directory: string, record: StartRecord): void {
  writeFileAtomically(join(directory, START_FILE), JSON.stringify(record), { mode: 0o600, sync: false });
}

/** The start that was written down last. */
export function readStartRecord(directory: string): StartRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, START_FILE), "utf8")) as StartRecord;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const START_FILE = "start.json";

function readExit(path: string): { exitCode: number; finishedAt: string } | undefined {
  try {
    const text = readFileSync(path, "latin1").trim();
    if (!/^-?\d+$/.test(text)) return undefined;
    return { exitCode: Number(text) & 0xff, finishedAt: statSync(path).mtime.toISOString() };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The monitor and the container's first process, if they still run; of a start that was cut short also the first one, found through the monitor's pid file, or by the command line it has until then. */
export function leftOvers(record: StartRecord, bundle: string, procRoot: string): ProcessIdentity[] {
  if (record.boot !== bootId(procRoot)) return [];
  const init = record.init ?? initBelow(record.monitor, bundle, procRoot) ?? strayCreation(bundle, procRoot);
  return [record.monitor, init].filter(
    (identity): identity is ProcessIdentity => identity !== undefined && isRunning(identity, procRoot),
  );
}

/** The process in the monitor's pid file, if it is the monitor's child. */
function initBelow(monitor: ProcessIdentity, bundle: string, procRoot: string): ProcessIdentity | undefined {
  try {
    const pid = Number(readFileSync(join(bundle, "pid"), "latin1"));
    const stat = readFileSync(join(procRoot, String(pid), "stat"), "latin1");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return parent === monitor.pid ? identify(pid, procRoot) : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What a runtime that failed late, as by a full disk, has left: a first process that waits, and that no file tells of. */
function strayCreation(bundle: string, procRoot: string): ProcessIdentity | undefined {
  for (const name of readdirSync(procRoot)) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (statSync(join(procRoot, name)).uid !== process.getuid?.()) continue;
      const words = readFileSync(join(procRoot, name, "cmdline"), "latin1").split("\0");
      if (words.includes("create") && words[words.indexOf("--bundle") + 1] === bundle)
        return identify(Number(name), procRoot);
    } catch (error) {
      if (!["ENOENT", "ESRCH"].includes(errnoOf(error) ?? "")) throw error; // it has ended meanwhile
    }
  }
  return undefined;
}
