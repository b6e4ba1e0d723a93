import { chmodSync, existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { lockFile, run } from "../process/index.ts";
import { findRuntime, readState } from "../runtime/index.ts";
import { VolumeInUseError } from "../store/index.ts";
import { endRun } from "./end-run.ts";
import { ContainerStateError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths, type ContainerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";
import { unwatchContainer } from "./supervision.ts";
import { recordContainerEvent } from "./record-event.ts";
import { markStopped } from "./restart-files.ts";
import { checkNotRequired } from "./requirements.ts";
import { recordVolumeEvent } from "./volumes.ts";
import { stopContainer } from "./stop.ts";

export interface RemoveOptions {
  /** A running container is killed. */
  readonly force?: boolean;
  /** Volumes that were made for this container alone go too. */
  readonly volumes?: boolean;
  /** Seconds between the stop signal and SIGKILL, of a forced removal; default 0. */
  readonly timeout?: number;
}

/** The exit status of a process that SIGKILL has ended. */
const KILLED = 137;

/**
 * Removes a container: its processes, mounts, files and record.
 *
 * @throws {ContainerStateError} when it runs and `force` is not set; {ContainerRequiredError}
 */
export async function removeContainer(
  host: ContainerHost,
  container: Container,
  { force = false, volumes = false, timeout = 0 }: RemoveOptions = {},
): Promise<void> {
  const paths = containerPaths(host, container.id);
  const isSupervised = container.config.restart !== undefined || container.config.health !== undefined;
  using _lock = isSupervised ? await lockAgainstStart(host, paths) : undefined;
  const state = readState(container.id, paths.directory, host.procRoot);
  const isLive = state.status === "running" || (state.status === "starting" && state.record.isHeld !== true);
  if (isLive && !force)
    throw new ContainerStateError(
      "remove",
      container.name,
      state.status,
      "it cannot be removed without force: stop it first, or use rm --force",
    );
  checkNotRequired(host, container);
  if (state.status === "running" && timeout > 0) await stopContainer(host, container, { timeout });
  const record = "record" in state ? state.record : undefined;
  if (container.config.restart !== undefined) markStopped(paths.directory);
  if (record !== undefined) await endRun(host, container, record);
  if (state.status === "running" && !existsSync(paths.exit))
    recordContainerEvent(host, container, "died", { exitCode: KILLED }); // its monitor was killed with it
  await forgetRun(host, container);
  if (isSupervised) unwatchContainer(host, container.id);
  openOverlayWork(paths);
  await host.store.containers.remove(container.id, lazyWorker(host));
  recordContainerEvent(host, container, "remove");
  if (!volumes) return;
  for (const mount of container.config.mounts)
    if (mount.type === "volume" && mount.isAnonymous) await removeOwnVolume(host, mount.name);
}

/** What is supervised may be about to start again: that is waited for, or it would run on without a record. */
async function lockAgainstStart(
  { signal }: ContainerHost,
  { directory }: ContainerPaths,
): Promise<Disposable | undefined> {
  try {
    return await lockFile(join(directory, "lock"), { signal });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined; // the folder is gone or its disk full: it is removed all the same
  }
}

/** It stays when another container has borrowed it. */
async function removeOwnVolume(host: ContainerHost, name: string): Promise<void> {
  try {
    await host.store.volumes.remove(name, lazyWorker(host));
    recordVolumeEvent(host, name, "remove");
  } catch (error) {
    if (!(error instanceof VolumeInUseError)) throw error;
  }
}

/** What the runtime and the monitor keep in the runtime directory. */
export async function forgetRun(host: ContainerHost, { id, config }: Container): Promise<void> {
  const { bundle } = containerPaths(host, id);
  const { runtime: asked } = config;
  for (const name of ["crun", "runc", ...(asked === undefined ? [] : [basename(asked)])]) {
    if (!existsSync(join(host.runtimeDir, name, id))) continue;
    const namespace = await host.namespace();
    const runtime = await findRuntime(namespace, { ...host, runtime: asked ?? host.runtime });
    const [program = "", ...args] = [...namespace.enter(), ...runtime.argv("delete", "--force", id)];
    await run(program, args, { okStatus: [0, 1] }); // the monitor's own call may be faster
    rmSync(join(host.runtimeDir, name, id), { recursive: true, force: true });
  }
  rmSync(bundle, { recursive: true, force: true });
}

/** overlayfs leaves a folder that even its owner may not read. */
function openOverlayWork({ work }: ContainerPaths): void {
  try {
    chmodSync(join(work, "work"), 0o700);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** Starts the worker only when a file is not ours to remove. */
export function lazyWorker(host: ContainerHost): {
  call<Output>(task: string, input: object): Promise<Output>;
} {
  return {
    call: async <Output>(task: string, input: object) => (await host.worker()).call<Output>(task, input),
  };
}
