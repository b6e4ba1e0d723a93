import { rmSync } from "node:fs";
import { join } from "node:path";
import { readIfThere } from "../io/index.ts";
import { start } from "../process/index.ts";
import { explainFailure, lastMessage, quote, startExecMonitor } from "../runtime/index.ts";
import { openSession, type ExecOptions, type ExecSession } from "./exec-session.ts";
import { endLines } from "./exit-script.ts";
import { waitInForeground } from "./foreground.ts";
import type { ContainerHost } from "./host.ts";
import type { PreservedFds } from "./preserved-fds.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import { shieldStdio } from "./shielded-stdio.ts";
import type { Stdio } from "./stdio.ts";

export interface AttachedExecOptions extends Omit<ExecOptions, "terminal" | "window"> {
  readonly stdio?: Stdio;
  /** What the program has from descriptor 3 on (default nothing). */
  readonly preservedFds?: PreservedFds;
}

/**
 * Runs one more program in a running container, without a terminal, and gives its exit status. The runtime itself joins it to our streams, save files,
 * which stay ours behind a pipe.
 *
 * @throws {ContainerStateError | CommandNotFoundError | CommandNotExecutableError | RuntimeFailedError | UnknownUserError}
 */
export async function execInContainer(
  host: ContainerHost,
  container: Container,
  { stdio, preservedFds: preserved = [], ...options }: AttachedExecOptions,
): Promise<number> {
  const session = await openSession(host, container, options);
  const { id: execID, folder, runtime, enter, processFile } = session;
  const log = join(folder, "log");
  try {
    const [program, ...args] = [
      ...[...enter, runtime.program, ...runtime.logArgs(log), ...runtime.globalArgs],
      ...["exec", "--process", processFile],
      ...(preserved.length === 0 ? [] : ["--preserve-fds", String(preserved.length)]),
      container.id,
    ];
    const streams = shieldStdio(stdio);
    recordContainerEvent(host, container, "exec", { attributes: { execID } });
    const child = start(program, args, { stdio: [...streams.stdio, ...preserved] });
    const carrying = streams.carry(child);
    const status = await waitInForeground(child);
    await carrying.finish();
    recordContainerEvent(host, container, "exec_died", { exitCode: status, attributes: { execID } });
    const words = status === 0 ? "" : (readIfThere(log) ?? "");
    // the runtime has said why on the standard error it shares with the program
    return lastMessage(words) === ""
      ? status
      : explainFailure(runtime.name, "run the program", words).exitStatus;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts one more program in a running container, which goes on without us; its streams lead nowhere. Gives the session's id.
 *
 * @throws {ContainerStateError | CommandNotFoundError | CommandNotExecutableError | RuntimeFailedError | UnknownUserError}
 */
export async function execDetached(
  host: ContainerHost,
  container: Container,
  options: ExecOptions,
): Promise<string> {
  const session = await openSession(host, container, options);
  try {
    recordContainerEvent(host, container, "exec", { attributes: { execID: session.id } });
    const { terminal = false } = options;
    const monitor = await startExecMonitor(session.runtime, {
      ...monitorOptions(host, container, session),
      terminal,
    });
    monitor.release();
    rmSync(session.processFile, { force: true });
    return session.id;
  } catch (error) {
    rmSync(session.folder, { recursive: true, force: true });
    throw error;
  }
}

/** What the monitor of a session is told: at the end it writes the event down and takes the session's files away. */
export function monitorOptions(
  host: ContainerHost,
  container: Container,
  { id, folder, enter, processFile }: ExecSession,
) {
  const { searchPath, conmon } = host;
  const exit = join(folder, container.id);
  return {
    ...{ searchPath, conmon, enter, folder, processFile, id, containerId: container.id },
    exitScript: [
      ...endLines(host, container, "exec_died", exit, { execID: id }),
      `[ ! -e ${quote(exit)} ] || rm -rf ${quote(folder)}`, // what could not be started is explained first
    ].join("\n"),
  };
}
