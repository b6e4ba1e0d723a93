import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, randomHex, writeFileAtomically } from "../io/index.ts";
import { findRuntime, readState, type Runtime } from "../runtime/index.ts";
import { capabilitySets, containerEnv, resolveUser, type RuntimeProcess } from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { ContainerStateError, RuntimeFilesLostError } from "./errors.ts";
import { readInLayers } from "./find-in-layers.ts";
import type { ContainerHost } from "./host.ts";
import { programSettings } from "./isolation-settings.ts";
import { containerPaths } from "./paths.ts";
import { containerLayers } from "./root-layers.ts";
import { secretEnv } from "./secrets.ts";
import type { Container } from "./settings.ts";

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
  /** Of the terminal when the program starts. */
  readonly window?: { readonly rows: number; readonly columns: number } | undefined;
  readonly privileged?: boolean;
}

/** What a program is run with. */
export interface ExecSession {
  readonly id: string;
  /** Its files. */
  readonly folder: string;
  readonly processFile: string;
  readonly runtime: Runtime;
  /** argv prefix that runs a program where the container's monitor lives. */
  readonly enter: readonly string[];
}

/**
 * Writes down what is to run in a container, for a runtime.
 *
 * @throws {ContainerStateError | RuntimeFilesLostError | UnknownUserError}
 */
export async function openSession(
  host: ContainerHost,
  container: Container,
  options: ExecOptions,
): Promise<ExecSession> {
  const { bundle, directory } = containerPaths(host, container.id);
  const state = readState(container.id, directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError("run a program in", container.name, state.status, "start it first");
  // The program would be frozen with the others, and we wait for it for ever.
  if (state.isPaused)
    throw new ContainerStateError("run a program in", container.name, "paused", "unpause it first");
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
  writeFileAtomically(processFile, JSON.stringify(execProcess(host, container, options, namespace)), {
    mode: 0o600,
    sync: false,
  });
  const enter = namespace.enterMounts(state.record.monitor.pid);
  return { id, folder, processFile, runtime, enter };
}

/** runtime-spec's `process` for one more program of a container. */
export function execProcess(
  host: ContainerHost,
  container: Container,
  options: ExecOptions,
  { isRootless }: Pick<UserNamespace, "isRootless">,
): RuntimeProcess {
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
  const { window } = options;
  const { umask, ...settings } = programSettings(host, config, isRootless);
  return {
    terminal: options.terminal ?? false,
    ...(window === undefined ? {} : { consoleSize: { height: window.rows, width: window.columns } }),
    user: { uid, gid, umask, additionalGids },
    args: options.args,
    env: containerEnv([...config.env, ...secretEnv(host, container), ...(options.env ?? [])], {
      hostname: config.hostname,
      home,
    }),
    cwd: options.workingDir ?? config.workingDir,
    capabilities: capabilitySets({ add, drop, privileged }, uid),
    ...settings,
    noNewPrivileges: config.noNewPrivileges ?? false,
  };
}
