import { isatty } from "node:tty";
import { runStep, type Step } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { parseAddHost } from "@wherry/core/network";
import { parseLimit, parseMount, parseSize, parseVolume, type SpecMount } from "@wherry/core/spec";
import { WorkingContainerError } from "./errors.ts";
import { parseIsolation, parseMachineOptions, parseRunNetwork, parseSecurityOptions } from "./run-options.ts";
import { layerOf, unpackAll, WorkFolder } from "./work-folder.ts";
import { layersOf, type RunDefaults, type WorkingState } from "./working-container.ts";

/** What `run` says of one command, over what `from` said. */
export interface RunRequest extends RunDefaults {
  readonly args: readonly string[];
  /** NAME=value. */
  readonly env?: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly hostname?: string | undefined;
  /** Default: when standard input is one. */
  readonly terminal?: boolean | undefined;
  /** As `--mount` takes them. */
  readonly mounts?: readonly string[];
  /** Where relative paths start. */
  readonly folder: string;
}

/** How a command ended, and the container after it. */
export interface Ran {
  readonly status: number;
  readonly state: WorkingState;
}

/** Runs a command in a container; what it changes stays there, however it ends. */
export async function runIn(engine: Engine, state: WorkingState, request: RunRequest): Promise<Ran> {
  if (request.args.length === 0) throw new WorkingContainerError("command must be specified");
  if (request.terminal === true && !isatty(0))
    throw new WorkingContainerError(
      "the input device is not a terminal",
      "leave --terminal out, or run it at one",
    );
  const { store } = engine;
  const worker = await engine.worker();
  await using folder = new WorkFolder(store, worker);
  const lower = await unpackAll(store, layersOf(state), worker);
  const status = await runStep(containerHost(engine), {
    ...stepOptions(state, request),
    layers: lower,
    upper: folder.upper,
    work: folder.work,
    args: request.args,
    env: [...(state.config.Env ?? []), ...(request.env ?? [])],
    stdio: { stdin: "inherit" },
    ...(engine.signal === undefined ? {} : { signal: engine.signal }),
  });
  const written = await layerOf(store, folder.upper, worker);
  if (written === undefined) return { status, state };
  await written.adopt();
  return { status, state: { ...state, changes: [...state.changes, written.layer] } };
}

function stepOptions(
  state: WorkingState,
  request: RunRequest,
): Omit<Step, "layers" | "upper" | "work" | "args" | "env"> {
  const { config, run } = state;
  const user = request.user ?? config.User ?? "";
  const workingDir = request.workingDir ?? config.WorkingDir ?? "";
  const hostname = request.hostname ?? state.hostname;
  const network = parseRunNetwork(request.network ?? run.network);
  const isolation = parseIsolation(request.isolation ?? run.isolation);
  const shmSize = request.shmSize ?? run.shmSize;
  const ulimits = [...(run.ulimits ?? []), ...(request.ulimits ?? [])];
  return {
    ...(user === "" ? {} : { user }),
    ...(workingDir === "" ? {} : { workingDir }),
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(network === undefined ? {} : { network }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(shmSize === undefined ? {} : { shmSize: parseSize(shmSize, "shm-size") }),
    ...(ulimits.length === 0 ? {} : { rlimits: ulimits.map(parseLimit) }),
    ...parseSecurityOptions([...(run.securityOptions ?? []), ...(request.securityOptions ?? [])]),
    ...parseMachineOptions({
      ...{ ...run, ...request, ...(isolation === undefined ? {} : { isolation }) },
      namespaces: { ...run.namespaces, ...request.namespaces },
      devices: [...(run.devices ?? []), ...(request.devices ?? [])],
    }),
    mounts: mountsOf(run, request),
    addCapabilities: [...(run.addCapabilities ?? []), ...(request.addCapabilities ?? [])],
    dropCapabilities: [...(run.dropCapabilities ?? []), ...(request.dropCapabilities ?? [])],
    terminal: request.terminal ?? isatty(0),
    nameChoices: {
      addedHosts: [...(run.addHosts ?? []), ...(request.addHosts ?? [])].map(parseAddHost),
      dns: [...(run.dns ?? []), ...(request.dns ?? [])],
      dnsSearch: [...(run.dnsSearch ?? []), ...(request.dnsSearch ?? [])],
      dnsOptions: [...(run.dnsOptions ?? []), ...(request.dnsOptions ?? [])],
    },
  };
}

function mountsOf(run: RunDefaults, { volumes = [], mounts = [], folder }: RunRequest): SpecMount[] {
  const requests = [
    ...[...(run.volumes ?? []), ...volumes].map((text) => parseVolume(text, folder)),
    ...mounts.map((text) => parseMount(text, folder)),
  ];
  return requests.map((request) => {
    if (request.type !== "bind" && request.type !== "tmpfs")
      throw new WorkingContainerError(
        `a working container takes no mount of type ${request.type}`,
        "mount a folder: /PATH:/PATH",
      );
    return request;
  });
}
