import { stopPasta } from "../network/index.ts";
import { loadSocketCalls, readState } from "../runtime/index.ts";
import {
  joinStreams,
  statusAfter,
  type Attachment,
  type AttachmentEnd,
  type AttachOptions,
} from "./attach.ts";
import { sendSignal, waitUntil } from "./end-processes.ts";
import type { ContainerHost } from "./host.ts";
import { isPassedThrough } from "./log-settings.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import { removeContainer } from "./remove.ts";
import { SignalProxy } from "./signal-proxy.ts";
import type { Container } from "./settings.ts";
import { startContainer, type Started, type StartOptions } from "./start.ts";
import { stopContainer, type StopOptions } from "./stop.ts";

export interface RunInForegroundOptions extends AttachOptions, Pick<StartOptions, "isNew" | "preservedFds"> {
  /** Whether signals that reach us are passed on to the container (default true). */
  readonly sigProxy?: boolean;
}

/** How a foreground run ended. */
export interface RunResult {
  readonly exitCode: number;
  /** The user let go of the container, or nobody reads what it writes: it goes on. */
  readonly isDetached: boolean;
}

/**
 * Starts a container, joined to our streams, and waits for its end. One with `autoRemove` is gone when this returns,
 * however it went.
 *
 * @throws {StartInterruptedError} when a signal came before the program had started, and what `startContainer` throws
 */
export async function runInForeground(
  host: ContainerHost,
  container: Container,
  options: RunInForegroundOptions,
): Promise<RunResult> {
  let calls: ReturnType<typeof loadSocketCalls> | undefined;
  const paths = containerPaths(host, container.id);
  let attachment: Attachment | undefined;
  let started: Started | undefined;
  const signals = new SignalProxy(options.sigProxy ?? true);
  try {
    started = await startContainer(host, container, {
      ...(options.isNew === undefined ? {} : { isNew: options.isNew }),
      preservedFds: options.preservedFds,
      signal: signals.abort,
      whileCreating: () => {
        if (isPassedThrough(container)) return;
        calls = loadSocketCalls();
        calls.catch(() => undefined); // seen where it is awaited
      },
      beforeStart: async () => {
        if (isPassedThrough(container)) return;
        attachment = joinStreams(
          await (calls ?? loadSocketCalls()),
          { folder: paths.bundle, terminal: container.config.terminal },
          options,
        );
      },
    });
    const { init, monitor } = started;
    if (attachment !== undefined) recordContainerEvent(host, container, "attach");
    if (options.sigProxy ?? true) signals.passOn((signal) => sendSignal(init, signal, host.procRoot));
    else signals.stop();
    if (container.config.notify === "healthy") void tellHealthy(host, container);
    const end = await attachment?.ended;
    if (end === "detached" || end === "closed") {
      monitor.release();
      started.remover?.leave();
      return { exitCode: statusAfter(end), isDetached: true };
    }
    await monitor.ended;
    await started.streams?.finish();
    if (started.pasta !== undefined) stopPasta(started.pasta, host.procRoot);
    host.onPhase?.("program");
    const exitCode = exitCodeOf(host, container);
    if (container.config.autoRemove) {
      started.remover?.cancel();
      await removeContainer(host, container, { volumes: true });
      host.onPhase?.("remove");
    }
    return { exitCode, isDetached: false };
  } catch (error) {
    attachment?.close();
    if (started === undefined && container.config.autoRemove)
      await removeContainer(host, container, { force: true, volumes: true });
    throw error;
  } finally {
    signals.stop();
  }
}

async function tellHealthy(host: ContainerHost, container: Container): Promise<void> {
  const { notifyHealthy } = await import("./notify.ts");
  await notifyHealthy(host, container).catch((error: unknown) => host.warn?.(String(error)));
}

/** Exit status of a command that was attached to a running container: the container's, where it has waited for that. */
export async function exitAfter(
  host: ContainerHost,
  container: Container,
  end: AttachmentEnd,
): Promise<number> {
  return end === "exited" ? waitForExit(host, container) : statusAfter(end);
}

/** Starts a container and leaves it to its monitor. */
export async function startDetached(
  host: ContainerHost,
  container: Container,
  options: Pick<StartOptions, "isNew" | "isRestart" | "preservedFds" | "signal"> = {},
): Promise<void> {
  try {
    const { monitor, remover } = await startContainer(host, container, options);
    monitor.release();
    remover?.leave();
    if (container.config.notify === "healthy")
      await (await import("./notify.ts")).notifyHealthy(host, container);
  } catch (error) {
    if (container.config.autoRemove) await removeContainer(host, container, { force: true, volumes: true });
    throw error;
  }
}

/** Stops a container if it runs, then starts it again. */
export async function restartContainer(
  host: ContainerHost,
  container: Container,
  options: StopOptions = {},
): Promise<void> {
  recordContainerEvent(host, container, "restart");
  await stopContainer(host, container, options);
  await startDetached(host, container);
}

/** Waits until a container does not run, and gives its exit code. A container that never ran has 0. */
export async function waitForExit(
  host: ContainerHost,
  container: Container,
  signal?: AbortSignal,
): Promise<number> {
  const { directory } = containerPaths(host, container.id);
  const isOver = () => {
    const { status } = readState(container.id, directory, host.procRoot);
    return status === "exited" || status === "created";
  };
  await waitUntil(isOver, Infinity, signal);
  return exitCodeOf(host, container);
}

function exitCodeOf(host: ContainerHost, { id }: Container): number {
  const state = readState(id, containerPaths(host, id).directory, host.procRoot);
  return state.status === "exited" ? state.exitCode : 0;
}
