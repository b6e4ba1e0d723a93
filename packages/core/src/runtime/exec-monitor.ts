import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readIfThere } from "../io/index.ts";
import { findProgram, start } from "../process/index.ts";
import { ExecLostError, MonitorEndedError, NoMonitorError } from "./errors.ts";
import { explainFailure, lastMessage } from "./explain-failure.ts";
import type { Runtime } from "./runtime.ts";
import { syncMessages, SYNC_FD } from "./sync-pipe.ts";

export interface ExecMonitorOptions {
  /** argv prefix that runs a program where the container's monitor lives. */
  readonly enter: readonly string[];
  readonly containerId: string;
  /** Id of the session. */
  readonly id: string;
  /** Folder for what the monitor makes; at the end it has the exit status, in a file with the container's id as name. */
  readonly folder: string;
  /** runtime-spec's `process`, as a file. */
  readonly processFile: string;
  readonly terminal: boolean;
  /** Script of sh to run at the end, also where the program could not be started: then without an exit status. */
  readonly exitScript: string;
  /** What the program has from descriptor 3 on: descriptors of ours. */
  readonly preserved?: readonly number[];
  /** Called before the program starts, when it can be attached to: socket and control fifo are in `folder`. */
  readonly beforeStart?: () => Promise<void>;
  /** Breaks the start off. */
  readonly signal?: AbortSignal;
  readonly searchPath?: string | undefined;
  /** Path of conmon; default from `searchPath`. */
  readonly conmon?: string | undefined;
}

/** A program that runs in a container, under a monitor of its own which outlives this process. */
export interface ExecMonitor {
  /**
   * Resolves with the program's exit status, when the monitor has ended too.
   *
   * @throws {ExecLostError}
   */
  readonly ended: Promise<number>;
  /** Lets this process end before the program does. */
  release(): void;
}

/** In the session's folder: what the runtime said. With a terminal, crun says it nowhere else. */
const LOG_FILE = "log";

/** How long a monitor whose start was broken off has for its end. */
const GRACE_MS = 2000;

/**
 * Leaves a program that runs in a container to a monitor of its own. Resolves when it has started.
 *
 * @throws {NoMonitorError | MonitorEndedError | RuntimeFailedError | CommandNotFoundError | CommandNotExecutableError}
 */
export async function startExecMonitor(runtime: Runtime, options: ExecMonitorOptions): Promise<ExecMonitor> {
  const conmon = findProgram(options.conmon ?? "conmon", options.searchPath);
  if (conmon === undefined) throw new NoMonitorError();
  const { preserved = [], beforeStart, signal } = options;
  const first = SYNC_FD + preserved.length;
  const pipes = [
    "_OCI_SYNCPIPE",
    ...(beforeStart === undefined ? [] : ["_OCI_ATTACHPIPE", "_OCI_STARTPIPE"]),
  ];
  const [program = "", ...args] = [
    ...options.enter,
    ...["env", ...pipes.map((name, index) => `${name}=${first + index}`), conmon],
    ...monitorArguments(runtime, options),
  ];
  const child = start(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe", ...preserved, ...pipes.map(() => "pipe" as const)],
  });
  const [sync, attach, gate] = child.stdio.slice(first) as [Socket, Socket?, Socket?];
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  for (const pipe of [sync, attach, gate]) pipe?.on("error", () => undefined); // its other end has ended
  const closed = new Promise<number | null | Error>((resolve) => {
    child.once("error", resolve);
    child.once("close", resolve);
  });
  const failed = closed.then((status): never => {
    if (status instanceof Error) throw new MonitorEndedError(status.message);
    const words = readIfThere(join(options.folder, LOG_FILE)) ?? "";
    if (lastMessage(words) !== "") throw explainFailure(runtime.name, "run the program", words);
    throw new MonitorEndedError(lastMessage(said) || `status ${status ?? "unknown"}`);
  });
  failed.catch(() => undefined); // it has started: nobody waits for its end
  const brokenOff = new Promise<never>((_, reject) => {
    const end = () => {
      child.kill();
      const patience = sleep(GRACE_MS, undefined, { ref: false });
      void Promise.race([closed, patience]).then(() => reject(signal?.reason as Error));
    };
    signal?.addEventListener("abort", end, { once: true });
  });
  const release = () => {
    for (const pipe of [child.stderr, sync, attach, gate]) pipe?.destroy();
    child.unref();
  };
  const answers = syncMessages(sync);
  try {
    if (attach !== undefined && gate !== undefined) {
      gate.write("\n"); // conmon begins
      await Promise.race([syncMessages(attach)(), failed, brokenOff]);
      await beforeStart?.();
      gate.end(); // the runtime begins
    }
    const answer = await Promise.race([answers(), failed, brokenOff]);
    if (answer === undefined) return await Promise.race([failed, brokenOff]);
    if (answer.data <= 0) throw explainFailure(runtime.name, "run the program", answer.message);
  } catch (error) {
    release();
    throw error;
  }
  const ended = Promise.all([answers(), closed]).then(([answer]) => {
    if (answer === undefined || answer.data < 0) throw new ExecLostError();
    return answer.data;
  });
  ended.catch(() => undefined); // whoever waits for it sees the failure
  return { ended, release };
}

/** conmon(8). */
function monitorArguments(runtime: Runtime, options: ExecMonitorOptions): string[] {
  const { containerId, id, folder, processFile, terminal, exitScript, searchPath } = options;
  const { preserved = [], beforeStart } = options;
  return [
    ...["--sync", "--exec", "--exec-process-spec", processFile],
    ...(beforeStart === undefined ? [] : ["--exec-attach"]),
    ...["--api-version", "1", "--cid", containerId, "--cuuid", id, "--name", id],
    ...["--runtime", runtime.program],
    ...[...runtime.logArgs(join(folder, LOG_FILE)), ...runtime.globalArgs].flatMap((arg) => [
      "--runtime-arg",
      arg,
    ]),
    ...(preserved.length === 0
      ? []
      : ["--preserve-fds", String(preserved.length)].flatMap((arg) => ["--runtime-opt", arg])),
    ...["--bundle", folder, "--container-pidfile", join(folder, "pid"), "--exit-dir", folder],
    ...["--full-attach", "--socket-dir-path", folder, "--log-path", "none", "--log-level", "warning"],
    ...(terminal ? ["--terminal"] : []),
    ...["--exit-command", findProgram("sh", searchPath) ?? "/bin/sh"],
    ...["-c", exitScript].flatMap((arg) => ["--exit-command-arg", arg]),
  ];
}
