import { rmSync } from "node:fs";
import { loadSocketCalls, startExecMonitor } from "../runtime/index.ts";
import { joinStreams, statusAfter, type Attachment, type AttachOptions } from "./attach.ts";
import { monitorOptions } from "./exec.ts";
import { openSession, type ExecOptions } from "./exec-session.ts";
import { WherryError } from "../error/index.ts";
import type { ContainerHost } from "./host.ts";
import type { PreservedFds } from "./preserved-fds.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import { SignalProxy } from "./signal-proxy.ts";

export interface TerminalExecOptions extends Omit<ExecOptions, "terminal">, AttachOptions {
  /** What the program has from descriptor 3 on (default nothing). */
  readonly preservedFds?: PreservedFds;
}

/**
 * Runs one more program in a running container, on a terminal of its own that is joined to ours, and gives its exit status; 0 when
 * the user has let go of it, and it goes on.
 *
 * @throws {ContainerStateError | CommandNotFoundError | CommandNotExecutableError | RuntimeFailedError | UnknownUserError}
 * @throws {StartInterruptedError} when a signal came before the program had started
 */
export async function execOnTerminal(
  host: ContainerHost,
  container: Container,
  { preservedFds: preserved = [], ...options }: TerminalExecOptions,
): Promise<number> {
  const signals = new SignalProxy(false);
  const calls = loadSocketCalls();
  calls.catch(() => undefined); // seen where it is awaited
  let attachment: Attachment | undefined;
  try {
    const session = await openSession(host, container, { ...options, terminal: true });
    const { id: execID, folder, runtime, processFile } = session;
    recordContainerEvent(host, container, "exec", { attributes: { execID } });
    try {
      const monitor = await startExecMonitor(runtime, {
        ...monitorOptions(host, container, session),
        terminal: true,
        preserved,
        signal: signals.abort,
        beforeStart: async () => {
          attachment = joinStreams(await calls, { folder, terminal: true }, options);
        },
      });
      signals.stop();
      rmSync(processFile, { force: true });
      const end = await attachment?.ended;
      if (end === "exited" || end === undefined) return await monitor.ended;
      monitor.release();
      return statusAfter(end);
    } catch (error) {
      attachment?.close();
      rmSync(folder, { recursive: true, force: true });
      const exitCode = error instanceof WherryError ? error.exitStatus : 125;
      recordContainerEvent(host, container, "exec_died", { exitCode, attributes: { execID } });
      throw error;
    }
  } finally {
    signals.stop();
  }
}
