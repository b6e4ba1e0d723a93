import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, randomHex, readIfThere, writeFileAtomically } from "../io/index.ts";
import { start } from "../process/index.ts";
import {
  explainFailure,
  findRuntime,
  lastMessage,
  quote,
  readState,
  startExecMonitor,
  type Runtime,
} from "../runtime/index.ts";
import { capabilitySets, containerEnv, resolveUser, type RuntimeProcess } from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { ContainerStateError, RuntimeFilesLostError } from "./errors.ts";
import { endLines } from "./exit-script.ts";
import { readInLayers } from "./find-in-layers.ts";
import { waitInForeground } from "./foreground.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { PreservedFds } from "./preserved-fds.ts";
import { recordContainerEvent } from "./record-event.ts";
import { containerLayers } from "./root-layers.ts";
import { followWindow } from "./resize-exec.ts";
import type { Container } from "./settings.ts";
import { secretEnv } from "./secrets.ts";
import { shieldStdio } from "./shielded-stdio.ts";
import type { Stdio } from "./stdio.ts";

export interface ExecOptions {
  /** Program and its arguments. */
  readonly args: readonly string[];
  /** NAME=value, on top of the container's. */
  readonly env?: readonly string[];
  /** Default the container's. */
  readonly workingDir?: string;
  /** Default the container's. */
  readonly user?: string;
  readonly terminal?: boolean;
  readonly privileged?: boolean;
}

export interface AttachedExecOptions extends ExecOptions {
  readonly stdio?: Stdio;
  /** What the program has from descriptor 3 on (default nothing). */
  readonly preservedFds?: PreservedFds;
}

/**
 * Runs one more program in a running container and gives its exit status. The runtime itself joins it to our streams, save files,
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
  const { id: execID, folder, runtime, namespace, enter, processFile } = session;
  const [log, pidFile] = [join(folder, "log"), join(folder, "pid")];
  try {
    const [program, ...args] = [
      ...[...enter, runtime.program, ...runtime.logArgs(log), ...runtime.globalArgs],
      ...["exec", "--pid-file", pidFile, "--process", processFile],
      ...(preserved.length === 0 ? [] : ["--preserve-fds", String(preserved.length)]),
      container.id,
    ];
    const hasWindow = options.terminal === true && process.stdout.isTTY;
    const window = hasWindow ? followWindow(namespace, pidFile) : undefined;
    const streams = shieldStdio(stdio);
    recordContainerEvent(host, container, "exec", { attributes: { execID } });
    const child = start(program, args, { stdio: [...streams.stdio, ...preserved] });
    const carrying = streams.carry(child);
    const status = await waitInForeground(child).finally(window);
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
  const { id: execID, folder, runtime, enter, processFile } = await openSession(host, container, options);
  const attributes = { execID };
  try {
    recordContainerEvent(host, container, "exec", { attributes });
    await startExecMonitor(runtime, {
      ...{ ...host, enter, folder, processFile, id: execID, containerId: container.id },
      terminal: options.terminal ?? false,
      exitScript: [
        ...endLines(host, container, "exec_died", join(folder, container.id), attributes),
        `rm -rf ${quote(folder)}`,
      ].join("\n"),
    });
    rmSync(processFile, { force: true });
    return execID;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What a program is run with. */
interface Session {
  readonly id: string;
  /** Its files. */
  readonly folder: string;
  readonly processFile: string;
  readonly runtime: Runtime;
  readonly namespace: UserNamespace;
  /** argv prefix that runs a program where the container's monitor lives. */
  readonly enter: readonly string[];
}

async function openSession(
  host: ContainerHost,
  container: Container,
  options: ExecOptions,
): Promise<Session> {
  const { bundle, directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError("run a program in", container.name, state.status, "start it first");
  const namespace = await host.namespace();
  const runtime = await findRuntime(namespace, {
    ...host,
    runtime: container.config.runtime ?? host.runtime,
  });
  const known = join(runtime.stateDir, container.id);
  if (!existsSync(known)) throw new RuntimeFilesLostError("run a program in", container.name, known);
  const id = randomHex(32);
  const folder = join(bundle, `exec-${id.slice(0, 12)}`);
  makeDirectory(folder);
  const processFile = join(folder, "process.json");
  writeFileAtomically(processFile, JSON.stringify(execProcess(host, container, options)), {
    mode: 0o600,
    sync: false,
  });
  const enter = namespace.enterMounts(state.record.monitor.pid);
  return { id, folder, processFile, runtime, namespace, enter };
}

/** runtime-spec's `process` for one more program of a container. */
export function execProcess(host: ContainerHost, container: Container, options: ExecOptions): RuntimeProcess {
  const { config } = container;
  const layers = containerLayers(host, container);
  const passwd = readInLayers(layers, "/etc/passwd") ?? "";
  const group = readInLayers(layers, "/etc/group") ?? "";
  const database = { passwd, group };
  const { uid, gid, additionalGids, home } = resolveUser(
    options.user ?? config.user,
    database,
    config.extraGroups,
  );
  const { addCapabilities: add, dropCapabilities: drop } = config;
  const privileged = config.privileged || (options.privileged ?? false);
  return {
    terminal: options.terminal ?? false,
    user: { uid, gid, umask: 0o022, ...(additionalGids.length === 0 ? {} : { additionalGids }) },
    args: options.args,
    env: containerEnv([...config.env, ...secretEnv(host, container), ...(options.env ?? [])], {
      hostname: config.hostname,
      home,
    }),
    cwd: options.workingDir ?? config.workingDir,
    capabilities: capabilitySets({ add, drop, privileged }, uid),
    rlimits: config.rlimits ?? [],
    noNewPrivileges: config.noNewPrivileges ?? false,
  };
}
