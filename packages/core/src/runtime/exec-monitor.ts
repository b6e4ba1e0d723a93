import type { Readable } from "node:stream";
import { join } from "node:path";
import { findProgram, start } from "../process/index.ts";
import { MonitorEndedError, NoMonitorError } from "./errors.ts";
import { explainFailure, lastMessage } from "./explain-failure.ts";
import type { Runtime } from "./runtime.ts";
import { readSyncMessage, SYNC_FD } from "./sync-pipe.ts";

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
  /** Script of sh to run at the end. */
  readonly exitScript: string;
  readonly searchPath?: string | undefined;
  /** Path of conmon; default from `searchPath`. */
  readonly conmon?: string | undefined;
}

/**
 * Leaves a program that runs in a container to a monitor of its own, which outlives this process. Resolves when it has started.
 *
 * @throws {NoMonitorError | MonitorEndedError | RuntimeFailedError | CommandNotFoundError | CommandNotExecutableError}
 */
export async function startExecMonitor(runtime: Runtime, options: ExecMonitorOptions): Promise<void> {
  const conmon = findProgram(options.conmon ?? "conmon", options.searchPath);
  if (conmon === undefined) throw new NoMonitorError();
  const [program = "", ...args] = [
    ...options.enter,
    ...["env", `_OCI_SYNCPIPE=${SYNC_FD}`, conmon],
    ...monitorArguments(runtime, options),
  ];
  const child = start(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const pipe = child.stdio[SYNC_FD] as Readable;
  const ended = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new MonitorEndedError(error.message)));
    child.once("close", (status) =>
      reject(new MonitorEndedError(lastMessage(said) || `status ${status ?? "unknown"}`)),
    );
  });
  try {
    const { pid, message } = await Promise.race([readSyncMessage(pipe), ended]);
    if (pid === undefined) throw explainFailure(runtime.name, "run the program", message);
  } finally {
    ended.catch(() => undefined); // it has started: nobody waits for its end
    child.stderr?.destroy();
    pipe.destroy();
    child.unref();
  }
}

/** conmon(8). */
function monitorArguments(runtime: Runtime, options: ExecMonitorOptions): string[] {
  const { containerId, id, folder, processFile, terminal, exitScript, searchPath } = options;
  return [
    ...["--sync", "--exec", "--exec-process-spec", processFile],
    ...["--api-version", "1", "--cid", containerId, "--cuuid", id, "--name", id],
    ...["--runtime", runtime.program, ...runtime.globalArgs.flatMap((arg) => ["--runtime-arg", arg])],
    ...["--bundle", folder, "--container-pidfile", join(folder, "pid"), "--exit-dir", folder],
    ...["--full-attach", "--socket-dir-path", folder, "--log-path", "none", "--log-level", "warning"],
    ...(terminal ? ["--terminal"] : []),
    ...["--exit-command", findProgram("sh", searchPath) ?? "/bin/sh"],
    ...["-c", exitScript].flatMap((arg) => ["--exit-command-arg", arg]),
  ];
}
