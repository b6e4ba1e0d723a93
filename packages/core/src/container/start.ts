import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { makeDirectory } from "../io/index.ts";
import { startPasta, stopPasta } from "../network/index.ts";
import { identify, isRunning, lockFile, run, start, type ProcessIdentity } from "../process/index.ts";
import {
  bootId,
  explainFailure,
  findRuntime,
  PAUSED_FILE,
  prepareOverlay,
  quote,
  readState,
  startMonitor,
  writeStartRecord,
  type Monitor,
  type Runtime,
  type StartRecord,
} from "../runtime/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { mapsGuestAddress, writeBundle } from "./bundle.ts";
import { checkSources } from "./create.ts";
import { endRun } from "./end-run.ts";
import { ContainerStateError, RuntimeLacksError } from "./errors.ts";
import { dependenciesOf } from "./dependencies.ts";
import { exitScript } from "./exit-script.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths, type ContainerPaths } from "./paths.ts";
import { cgroupFolder, containerCgroup, withCgroupsFor } from "./limit.ts";
import { namespaceChoices } from "./namespaces.ts";
import { isPassedThrough, monitorLog } from "./log-settings.ts";
import { passStreams, type PassedStreams } from "./pass-streams.ts";
import { prepareMounts } from "./prepare-mounts.ts";
import { writePidFiles } from "./pid-files.ts";
import { recordContainerEvent } from "./record-event.ts";
import { startRequired } from "./requirements.ts";
import type { HeldRecord } from "./start-held.ts";
import type { WatchedStart } from "./watch-start.ts";
import { mountSecrets, scrubSecrets, secretEnv, specFiles } from "./secrets.ts";
import { makeSkeleton } from "./skeleton.ts";
import { forgetStartFailure, noteStartFailure } from "./start-failure.ts";
import type { Container } from "./settings.ts";
import { isHidden, openPlace, ownFiles, readPasswd, rootIds } from "./nested-root.ts";
import { imageLayers, keptUser, sharedUserNamespace } from "./user-maps.ts";

export interface StartOptions {
  /** The container was created by this process a moment ago: nobody else can be starting it. */
  readonly isNew?: boolean;
  /** By its restart policy: restarts go on being counted. */
  readonly isRestart?: boolean;
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

/** Removes a container at its end, should nobody else do it. */
export interface Remover {
  /** Ends the waiting: somebody else removes the container. */
  cancel(): void;
  /** Leaves the removal to it. */
  leave(): void;
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
    if (!(error instanceof ContainerStateError)) noteStartFailure(host, container, error);
    throw error;
  }
}

async function startOnce(host: ContainerHost, container: Container, options: StartOptions): Promise<Started> {
  const paths = containerPaths(host, container.id);
  if (dependenciesOf(container.config).length > 0) await startRequired(host, container, startContainer);
  makeDirectory(paths.bundle);
  using _lock = options.isNew === true ? undefined : lockFile(join(paths.directory, "lock"));
  await beginAnew(container, paths, options);
  const held = options.isNew === true ? undefined : heldRun(host, container, paths);
  if (held !== undefined) return await startMade(host, container, held, options);
  await clearLastRun(host, container, paths);
  const namespace = await host.namespace();
  const runtime = withCgroupsFor(
    container,
    await findRuntime(namespace, { ...host, runtime: container.config.runtime ?? host.runtime }),
  );
  host.onPhase?.("namespace");
  checkSources(container.config.mounts);
  const remover = container.config.autoRemove ? startRemover(host, container) : undefined;
  let monitor: Monitor | undefined;
  let record: StartRecord | undefined;
  let connecting: Promise<ProcessIdentity | undefined> | undefined;
  const streams = isPassedThrough(container) ? passStreams() : undefined;
  try {
    const { lifeline } = remover ?? {};
    monitor = await launch(host, container, { runtime, namespace, paths, lifeline, streams });
    streams?.release();
    record = {
      boot: bootId(host.procRoot),
      starter: identify(process.pid, host.procRoot) ?? { pid: process.pid, startTime: "" },
      monitor: monitor.identity,
    };
    writeStartRecord(paths.directory, record);
    connecting = connectNetwork(host, container, monitor, paths);
    connecting.catch(() => undefined); // seen where it is awaited
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
    host.onPhase?.("started");
    return { init, monitor, pasta, remover, streams };
  } catch (error) {
    streams?.release();
    remover?.cancel();
    monitor?.release();
    if (record !== undefined) await endRun(host, container, record);
    const pasta = await connecting?.catch(() => undefined); // its failure is a consequence of the one we have
    if (pasta !== undefined) stopPasta(pasta, host.procRoot);
    forgetStart(paths);
    throw error;
  }
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

/** Root with ids of its own has no power over the network namespace, which the user's root has: low ports are opened to it. */
const OPEN_PORTS = { "net.ipv4.ip_unprivileged_port_start": "0" };

interface LaunchParts {
  readonly runtime: Runtime;
  readonly namespace: UserNamespace;
  readonly paths: ContainerPaths;
  readonly lifeline: Writable | undefined;
  readonly streams: PassedStreams | undefined;
}

async function launch(
  host: ContainerHost,
  container: Container,
  { runtime, namespace, paths, lifeline, streams }: LaunchParts,
): Promise<Monitor> {
  const { id, name, config } = container;
  if (config.isolation?.keepGroups === true && runtime.name !== "crun")
    throw new RuntimeLacksError("--group-add keep-groups", runtime.name, "crun");
  const layers = imageLayers(host, container);
  const root = rootIds(container);
  const hasNetwork = config.network.kind === "pasta";
  const rootfs = root === undefined || !isHidden(config) ? paths.rootfs : openPlace(config.mounts);
  makeDirectory(paths.work);
  if (!existsSync(paths.upper)) {
    makeDirectory(paths.upper);
    chmodSync(paths.upper, 0o755); // the mode of "/" in the container
  }
  const prepared = prepareMounts(host, config.mounts, { layers, paths, idMaps: namespace.idMaps });
  const secrets = mountSecrets(paths, container);
  const { spec, appends } = await writeBundle(host, namespace, paths.bundle, {
    ...config,
    id,
    rootfs,
    layers: [...layers, paths.upper],
    names: [name],
    env: [...config.env, ...secretEnv(host, container)],
    mounts: [...prepared.mounts, ...secrets.mounts],
    namespaces: namespaceChoices(host, config.network, config.isolation),
    isConnectedOutside: hasNetwork,
    userNamespace: sharedUserNamespace(host, config.userMode),
    hostUsers: keptUser(host, container, readPasswd(host.etc)),
    nameChoices: config,
    cgroup: containerCgroup(runtime, container),
  });
  prepared.noteUse(spec.process.user);
  makeSkeleton(
    paths.skeleton,
    layers,
    spec.mounts,
    ({ source }) => secrets.isFile.get(source) ?? prepared.isFile.get(source),
  );
  await forgetInRuntime(runtime, namespace, id);
  return startMonitor(runtime, namespace, {
    ...host,
    id,
    name,
    command: config.args[0] ?? "",
    overlay: prepareOverlay({ ...paths, layers: [paths.skeleton, ...layers], target: paths.rootfs }),
    preparations: [...prepared.preparations(spec.process.user), ...secrets.preparations],
    appends,
    networkSysctl: { ...(root === undefined ? {} : OPEN_PORTS), ...config.sysctl },
    bundle: paths.bundle,
    exitDir: paths.directory,
    log: monitorLog(host, container),
    streams: streams?.stdio,
    hasNetwork,
    ...(root === undefined ? {} : { owner: { ...root, paths: [paths.upper, ...ownFiles(paths.bundle)] } }),
    ...(rootfs === paths.rootfs ? {} : { alias: rootfs }),
    terminal: config.terminal,
    openStdin: config.openStdin,
    timeout: config.timeout,
    exitScript: exitScript(host, container, runtime.argv("delete", "--force", id)),
    keepGroups: config.isolation?.keepGroups ?? false,
    lifeline,
  });
}

/** The runtime may still know an earlier run whose monitor was killed. */
async function forgetInRuntime(runtime: Runtime, namespace: UserNamespace, id: string): Promise<void> {
  if (!existsSync(join(runtime.stateDir, id))) return;
  const [program = "", ...args] = [...namespace.enter(), ...runtime.argv("delete", "--force", id)];
  await run(program, args);
}

/** Connects the monitor's network namespace, which the container shares, while the runtime makes the container. */
async function connectNetwork(
  host: ContainerHost,
  { config }: Container,
  monitor: Monitor,
  { bundle }: ContainerPaths,
): Promise<ProcessIdentity | undefined> {
  if (config.network.kind !== "pasta") return undefined;
  const mapGuestAddress = await mapsGuestAddress(host);
  await Promise.race([monitor.entered, monitor.created]);
  return startPasta({
    pid: monitor.identity.pid,
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

/** Leaves a small process that waits for the monitor's end and then has the container removed. */
function startRemover(
  host: ContainerHost,
  { id, imageName, config }: Container,
): Remover & { readonly lifeline: Writable | undefined } {
  const command = (...words: readonly string[]) => [...host.selfProgram, ...words].map(quote).join(" ");
  const remove = command("rm", "--force", "--volumes", "--ignore", id);
  const script =
    config.removesImage === true ? `${remove} && ${command("rmi", imageName)}` : `exec ${remove}`;
  const child = start("sh", ["-c", `read -r _; exec >/dev/null 2>&1; ${script}`, "wherry-remover"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined); // without it the container is only not removed by itself
  child.unref();
  return {
    lifeline: child.stdin ?? undefined,
    cancel() {
      child.kill("SIGKILL");
      child.stdin?.destroy();
    },
    leave: () => void child.stdin?.destroy(),
  };
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
