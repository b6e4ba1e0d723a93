import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, randomHex, writeFileAtomically } from "../io/index.ts";
import { start } from "../process/index.ts";
import { explainFailure, findRuntime, lastMessage, readState } from "../runtime/index.ts";
import { capabilitySets, containerEnv, resolveUser, type RuntimeProcess } from "../spec/index.ts";
import { ContainerStateError, RuntimeFilesLostError } from "./errors.ts";
import { readInLayers } from "./find-in-layers.ts";
import { exitStatus, waitInForeground } from "./foreground.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
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
  /** Returns as soon as the program has started, with 0; `stdio` is not used. */
  readonly detach?: boolean;
  readonly stdio?: Stdio;
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
  options: ExecOptions,
): Promise<number> {
  const paths = containerPaths(host, container.id);
  const state = readState(container.id, paths.directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError("run a program in", container.name, state.status, "start it first");
  const namespace = await host.namespace();
  const runtime = await findRuntime(namespace, {
    ...host,
    runtime: container.config.runtime ?? host.runtime,
  });
  const known = join(runtime.stateDir, container.id);
  if (!existsSync(known)) throw new RuntimeFilesLostError("run a program in", container.name, known);
  makeDirectory(paths.bundle);
  const execID = randomHex(6);
  const session = join(paths.bundle, `exec-${execID}`);
  const { detach = false } = options;
  writeFileAtomically(`${session}.json`, JSON.stringify(execProcess(host, container, options)), {
    mode: 0o600,
    sync: false,
  });
  try {
    const [program = "", ...args] = [
      ...namespace.enterMounts(state.record.monitor.pid),
      ...[runtime.program, "--log", `${session}.log`, ...runtime.globalArgs],
      ...[
        "exec",
        ...(detach ? ["--detach"] : []),
        "--pid-file",
        `${session}.pid`,
        "--process",
        `${session}.json`,
        container.id,
      ],
    ];
    const hasWindow = options.terminal === true && !detach && process.stdout.isTTY;
    const window = hasWindow ? followWindow(namespace, `${session}.pid`) : undefined;
    const streams = detach ? undefined : shieldStdio(options.stdio);
    recordContainerEvent(host, container, "exec", { attributes: { execID } });
    const child = start(program, args, { stdio: streams?.stdio ?? "ignore", detached: detach });
    const carrying = streams?.carry(child);
    const status = await (detach ? exitStatus(child) : waitInForeground(child)).finally(window);
    await carrying?.finish();
    if (!detach)
      recordContainerEvent(host, container, "exec_died", { exitCode: status, attributes: { execID } });
    const log = status === 0 ? "" : readLog(`${session}.log`);
    if (lastMessage(log) === "") return status;
    const failure = explainFailure(runtime.name, "run the program", log);
    if (detach) throw failure;
    return failure.exitStatus; // the runtime has said why on the standard error it shares with the program
  } finally {
    for (const end of ["json", "log", "pid"]) rmSync(`${session}.${end}`, { force: true });
  }
}

/** runtime-spec's `process` for one more program of a container. */
export function execProcess(host: ContainerHost, container: Container, options: ExecOptions): RuntimeProcess {
  const { id, config } = container;
  const { upper } = containerPaths(host, id);
  const layers = [...config.diffIds.map((diffId) => host.store.layers.path(diffId)), upper];
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

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  }
}
