import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { start, type ProcessIdentity } from "../process/index.ts";
import { SUPERVISOR_SCRIPT } from "./supervisor-script.ts";
import type { ContainerHost } from "./host.ts";

/** What the supervisor must know of a running container. */
export interface Watched {
  readonly id: string;
  readonly monitor: ProcessIdentity;
  /** Present when it is to be asked whether it starts again, so long after its end. */
  readonly restartDelayMs?: number | undefined;
  readonly health?: WatchedHealth | undefined;
}

export interface WatchedHealth {
  /** sh script of one check; see `healthScript`. */
  readonly script: string;
  readonly intervalMs: number;
  readonly startIntervalMs: number;
  readonly startPeriodMs: number;
}

type SupervisedHost = Pick<ContainerHost, "runtimeDir" | "selfProgram">;

/** Folder of what the supervisor reads: a file for each container, `wake`, `lock`. */
export function supervisionFolder({ runtimeDir }: Pick<ContainerHost, "runtimeDir">): string {
  return join(runtimeDir, "watch");
}

/**
 * Has a container watched: its health checked, its end noticed. One small shell does this for all containers of an
 * instance; it is started with the first and ends with the last (docs/adr/0014).
 */
export function watchContainer(host: SupervisedHost, { id, monitor, restartDelayMs, health }: Watched): void {
  const folder = supervisionFolder(host);
  makeDirectory(folder);
  if (health !== undefined)
    writeFileAtomically(join(folder, `${id}.check`), health.script, { mode: 0o600, sync: false });
  if (restartDelayMs === undefined && health?.intervalMs === 0) return;
  const lines = [
    `${monitor.pid} ${monitor.startTime}`,
    restartDelayMs === undefined ? "-" : String(centiseconds(restartDelayMs)),
    health === undefined || health.intervalMs === 0
      ? "- - -"
      : [health.intervalMs, health.startIntervalMs, health.startPeriodMs].map(centiseconds).join(" "),
  ];
  writeFileAtomically(join(folder, `${id}.watch`), `${lines.join("\n")}\n`, { mode: 0o600, sync: false });
  startSupervisor(host, folder);
}

/** What there is of a watched container in the folder. */
const ENDINGS = ["watch", "check", "json", "startup", "healthy", "ended", "code"];

/** Ends the watching of a container, and that of the supervisor when it was the last. */
export function unwatchContainer({ runtimeDir }: Pick<ContainerHost, "runtimeDir">, id: string): void {
  const folder = supervisionFolder({ runtimeDir });
  for (const end of ENDINGS) rmSync(join(folder, `${id}.${end}`), { force: true });
  wake(folder);
}

/** Has the supervisor look again now, where there is one. */
function wake(folder: string): void {
  try {
    const fifo = openSync(join(folder, "wake"), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(fifo, "\n");
    } finally {
      closeSync(fifo);
    }
  } catch (error) {
    // no supervisor was ever started, none reads, or it has been woken very often and not looked yet
    if (!["ENOENT", "ENXIO", "EAGAIN"].includes(errnoOf(error) ?? "")) throw error;
  }
}

/** Starts a supervisor, which ends at once when there is one: it then has been told to look again. */
function startSupervisor({ selfProgram }: SupervisedHost, folder: string): void {
  const child = start("sh", ["-c", SUPERVISOR_SCRIPT, "wherry-supervisor", folder, ...selfProgram], {
    cwd: "/",
    detached: true,
    stdio: "ignore",
  });
  child.unref();
}

function centiseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / 10));
}
