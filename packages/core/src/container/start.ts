import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { startPasta, stopPasta } from "../network/index.ts";
import { identify, isRunning, lockFile, type ProcessIdentity } from "../process/index.ts";
import {
  bootId,
  explainFailure,
  findRuntime,
  PAUSED_FILE,
  readState,
  enterMonitor,
  writeStartRecord,
  type EnteredMonitor,
  type Monitor,
  type Runtime,
  type StartRecord,
} from "../runtime/index.ts";
import { checkSources } from "./check-sources.ts";
import { endRun } from "./end-run.ts";
import { ContainerStateError, RuntimeLacksError } from "./errors.ts";
import { dependenciesOf } from "./dependencies.ts";
import { mapsGuestAddress } from "./guest-address.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths, type ContainerPaths } from "./paths.ts";
import { cgroupFolder, withCgroupsFor } from "./limit.ts";
import { getContainer, imageOf } from "./list.ts";
import { isPassedThrough } from "./log-settings.ts";
import { passStreams, type PassedStreams } from "./pass-streams.ts";
import type { PreservedFds } from "./preserved-fds.ts";
import { writePidFiles } from "./pid-files.ts";
import { recordContainerEvent } from "./record-event.ts";
import { launch } from "./launch.ts";
import { startRemover, type Remover } from "./remover.ts";
import { startRequired } from "./requirements.ts";
import type { HeldRecord } from "./start-held.ts";
import type { WatchedStart } from "./watch-start.ts";
import { scrubSecrets, specFiles } from "./secrets.ts";
import { forgetStartFailure, noteStartFailure } from "./start-failure.ts";
import type { Container } from "./settings.ts";
import { ensureMappedLayers } from "./user-maps.ts";

export interface StartOptions {
  /** The container was created by this process a moment ago: nobody else can be starting it. */
  readonly isNew?: boolean;
  /** By its restart policy: restarts go on being counted. */
  readonly isRestart?: boolean;
  /** What the container has from descriptor 3 on; default nothing. */
  readonly preservedFds?: PreservedFds | undefined;
  /** Leaves the program to a later start. */
  readonly onlyMake?: boolean;
  /** Called when the monitor has been started: it takes 30 ms to make the container, in which we have nothing to do. */
  readonly whileCreating?: () => void;
  /** Called when the container is made and its program not yet started: the time to attach. */
  readonly beforeStart?: (container: Container) => Promise<void> | void;
  /** Breaks the start off; what was made of the container is ended. */
  readonly signal?: AbortSignal;
}

/** A container whose program was started by this process. */
export interface Started {
  readonly init: ProcessIdentity;
  readonly monitor: Monitor;
  /** The program that connects it to the network. */
  readonly pasta: ProcessIdentity | undefined;
  /** Present when the container will be removed at its end by a process that waits for that. */
  readonly remover: Remover | undefined;
  /** Present when the container has our own streams. */
  readonly streams: Pick<PassedStreams, "finish"> | undefined;
}

/**
 * Starts a container's program. When this returns it runs, or has run; the monitor goes on without us.
 *
 * @throws {CommandNotFoundError | CommandNotExecutableError | RuntimeFailedError | ContainerStateError} and what network
 * and user need
 */
export async function startContainer(
  host: ContainerHost,
  container: Container,
  options: StartOptions = {},
): Promise<Started> {
  try {
    return await startOnce(host, container, options);
  } catch (error) {
    // what fails after a signal fails of it
    const cause = options.signal?.aborted === true ? (options.signal.reason as Error) : error;
    if (!(cause instanceof ContainerStateError)) noteStartFailure(host, container, cause);
    throw cause;
  }
}

async function startOnce(host: ContainerHost, container: Container, options: StartOptions): Promise<Started> {
  const paths = containerPaths(host, container.id);
  if (dependenciesOf(container.config).length > 0) await startRequired(host, container, startContainer);
  makeDirectory(paths.bundle);
  using _lock =
    options.isNew === true
      ? undefined
      : await lockFile(join(paths.directory, "lock"), { signal: options.signal ?? host.signal });
  if (options.isNew !== true) getContainer(host, container.id); // it may have been removed while we waited for the lock
  await beginAnew(container, paths, options);
  const held = options.isNew === true ? undefined : heldRun(host, container, paths);
  if (held !== undefined) return await startMade(host, container, held, options);
  await clearLastRun(host, container, paths);
  if (options.isNew !== true) await ensureOwners(host, container);
  const namespace = await host.namespace();
  const runtime = withCgroupsFor(
    container,
    await findRuntime(namespace, { ...host, runtime: container.config.runtime ?? host.runtime }),
  );
  host.onPhase?.("namespace");
  const { config } = container;
  const keepGroups = config.isolation?.keepGroups ?? false;
  if (keepGroups && runtime.name !== "crun")
    throw new RuntimeLacksError("--group-add keep-groups", runtime.name, "crun");
  checkSources(config.mounts);
  const remover = config.autoRemove ? startRemover(host, container) : undefined;
  const streams = isPassedThrough(container) ? passStreams() : undefined;
  const entered = enterMonitor(runtime, namespace, {
    ...{ hasNetwork: config.network.kind === "pasta", keepGroups },
    ...{ streams: streams?.stdio, preserved: options.preservedFds ?? [], lifeline: remover?.lifeline },
  });
  let monitor: Monitor | undefined;
  let record: StartRecord | undefined;
  let connecting: Promise<ProcessIdentity | undefined> | undefined;
  try {
    streams?.release();
    connecting = connectNetwork(host, container, entered, paths);
    connecting.catch(() => undefined); // seen where it is awaited
    monitor = await launch(host, container, { runtime, namespace, paths, entered });
    record = {
      boot: bootId(host.procRoot),
      starter: identify(process.pid, host.procRoot) ?? { pid: process.pid, startTime: "" },
      monitor: monitor.identity,
    };
    writeStartRecord(paths.directory, record);
    host.onPhase?.("bundle");
    options.whileCreating?.();
    const init = await unlessAborted(monitor.created, options.signal);
    host.onPhase?.("made");
    const cgroup = cgroupFolder(host.procRoot, init.pid, container.id);
    record = { ...record, init, ...(cgroup === undefined ? {} : { cgroup }) };
    writePidFiles(container.config, record);
    const pasta = await connecting;
    record = pasta === undefined ? record : { ...record, pasta };
    host.onPhase?.("network");
    await options.beforeStart?.(container);
    options.signal?.throwIfAborted();
    host.onPhase?.("attach");
    recordContainerEvent(host, container, "init");
    if (options.onlyMake === true) {
      writeStartRecord(paths.directory, { ...record, isHeld: true });
      await monitor.hold();
      return { init, monitor, pasta, remover, streams };
    }
    record = { ...record, startedAt: host.now().toISOString() };
    writeStartRecord(paths.directory, record);
    await runtimeStart(host, runtime, monitor, paths);
    scrubSecrets(container, specFiles(host, container, runtime.stateDir));
    recordContainerEvent(host, container, "start");
    await watchIfWanted(host, container, { runtime, namespace, record });
    if (host.notifySocket !== undefined) await tellStarted(host, container, monitor);
    host.onPhase?.("started");
    return { init, monitor, pasta, remover, streams };
  } catch (error) {
    streams?.release();
    remover?.cancel();
    if (monitor === undefined) entered.cancel();
    else monitor.release();
    if (record !== undefined) await endRun(host, container, record);
    const pasta = await connecting?.catch(() => undefined); // its failure is a consequence of the one we have
    if (pasta !== undefined) stopPasta(pasta, host.procRoot);
    forgetStart(paths);
    throw error;
  }
}

/** The image's files with the owners that the container's ids want may have gone, as `system migrate` removes them. */
async function ensureOwners(host: ContainerHost, container: Container): Promise<void> {
  const { userMaps } = container.config;
  if (userMaps === undefined) return;
  const image = imageOf(host, container);
  if (image !== undefined) await ensureMappedLayers(host, image, userMaps);
}

/** The run of a container that was only made. */
function heldRun(
  host: ContainerHost,
  { id }: Container,
  { directory }: ContainerPaths,
): HeldRecord | undefined {
  const state = readState(id, directory, host.procRoot);
  if (state.status !== "starting" || state.record.isHeld !== true) return undefined;
  const { init, ...record } = state.record;
  return init === undefined ? undefined : { ...record, init };
}

async function startMade(
  host: ContainerHost,
  container: Container,
  held: HeldRecord,
  options: StartOptions,
): Promise<Started> {
  const { startHeld } = await import("./start-held.ts");
  const { started, ...watched } = await startHeld(host, container, held, options);
  await watchIfWanted(host, container, watched);
  return started;
}

/** A start by hand begins to count restarts anew. */
async function beginAnew(
  { config }: Container,
  { directory }: ContainerPaths,
  { isNew = false, isRestart = false }: StartOptions,
): Promise<void> {
  if (isNew || config.restart === undefined) return;
  const { beginRestarts, forgetStopped } = await import("./restart-files.ts");
  forgetStopped(directory);
  if (!isRestart) beginRestarts(directory);
}

/** The code of supervision is loaded only for containers that need it. */
async function watchIfWanted(
  host: ContainerHost,
  container: Container,
  started: WatchedStart,
): Promise<void> {
  if (container.config.restart === undefined && container.config.health === undefined) return;
  const { watchStart } = await import("./watch-start.ts");
  watchStart(host, container, started);
}

/** Loaded only where a service manager listens. What cannot be told is no reason to end the container. */
async function tellStarted(host: ContainerHost, container: Container, monitor: Monitor): Promise<void> {
  const { notifyStarted } = await import("./notify.ts");
  try {
    await notifyStarted(host, container, monitor.identity.pid);
  } catch (error) {
    host.warn?.(error instanceof Error ? error.message : String(error));
  }
}

/** A start that failed leaves the container as it was created. */
function forgetStart({ directory, bundle, exit }: ContainerPaths): void {
  rmSync(bundle, { recursive: true, force: true });
  rmSync(exit, { force: true });
  rmSync(join(directory, "start.json"), { force: true });
}

/** Sees to it that nothing of an earlier run is in the way. */
async function clearLastRun(host: ContainerHost, container: Container, paths: ContainerPaths): Promise<void> {
  const state = readState(container.id, paths.directory, host.procRoot);
  if (state.status === "running" || state.status === "starting")
    throw new ContainerStateError("start", container.name, state.status);
  if (state.record !== undefined) await endRun(host, container, state.record);
  rmSync(paths.exit, { force: true });
  forgetStartFailure(paths.directory);
  for (const name of ["start.json", PAUSED_FILE]) rmSync(join(paths.directory, name), { force: true });
}

/** Connects the monitor's network namespace, which the container shares, while the runtime makes the container. */
async function connectNetwork(
  host: ContainerHost,
  { config }: Container,
  { child, entered }: EnteredMonitor,
  { bundle }: ContainerPaths,
): Promise<ProcessIdentity | undefined> {
  if (config.network.kind !== "pasta") return undefined;
  const mapGuestAddress = await mapsGuestAddress(host);
  await entered;
  return startPasta({
    pid: child.pid ?? 0,
    ports: config.ports,
    options: config.network.options,
    pidFile: join(bundle, "pasta.pid"),
    searchPath: host.searchPath,
    procRoot: host.procRoot,
    uid: host.uid,
    mapGuestAddress,
  });
}

async function runtimeStart(
  host: ContainerHost,
  runtime: Runtime,
  monitor: Monitor,
  { exit }: ContainerPaths,
): Promise<void> {
  try {
    await monitor.start();
  } catch (error) {
    // a short program is over, and the monitor has had it forgotten, before the runtime's start has come to its end
    if (existsSync(exit)) return;
    if (isRunning(monitor.identity, host.procRoot)) throw error;
    throw explainFailure(runtime.name, "start the container", "its monitor was killed");
  }
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
