import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { makeDirectory, readKept, writeFileAtomically } from "../io/index.ts";
import { findProgram, ProgramFailedError, run } from "../process/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { readCgroups, type Cgroups } from "./cgroups.ts";
import { CommandNotFoundError, NoRuntimeError, UnknownRuntimeError } from "./errors.ts";
import { explainFailure } from "./explain-failure.ts";
import { quote } from "./quote.ts";
import { Runtime, type CgroupManager, type ProbedRuntime } from "./runtime.ts";

export interface RuntimeOptions {
  /** $XDG_RUNTIME_DIR/wherry. */
  readonly runtimeDir: string;
  readonly procRoot: string;
  readonly searchPath?: string | undefined;
  /** Name or path of the one runtime to use; default the first that works. */
  readonly runtime?: string | undefined;
  /** Paths to look at for a runtime's name before `searchPath`. */
  readonly runtimes?: ReadonlyMap<string, readonly string[]>;
  /** Global flags for the runtime, without their dashes. */
  readonly runtimeFlags?: readonly string[];
  readonly uid?: number | undefined;
  /** "systemd" or "cgroupfs"; default the first that works. */
  readonly cgroupManager?: string | undefined;
}

const CANDIDATES = ["crun", "runc"];

/**
 * The first OCI runtime that runs containers on this host. It is tried once in each boot, with a container that gets as far
 * as its missing program.
 *
 * @throws {NoRuntimeError} with what each of them said.
 */
export async function findRuntime(namespace: UserNamespace, options: RuntimeOptions): Promise<Runtime> {
  const { runtimeDir, procRoot } = options;
  const boot = bootOf(options);
  const candidates = candidatesOf(options);
  const file = probeFile(options);
  const known = readProbed(file, boot);
  const managers = managersFor(readCgroups(options), options);
  if (
    known?.managers?.join() === managers.join() &&
    findProgram(known.program) !== undefined &&
    isCandidate(known, options, candidates)
  )
    return new Runtime({ ...known, flags: options.runtimeFlags }, runtimeDir, procRoot);
  const found = await probe(namespace, options, { candidates, managers });
  makeDirectory(runtimeDir);
  writeFileAtomically(file, JSON.stringify({ boot, ...found, managers }), {
    mode: 0o600,
    sync: false,
  });
  return new Runtime({ ...found, flags: options.runtimeFlags }, runtimeDir, procRoot);
}

/**
 * The runtime that containers are made with here: what a probe of this boot found, else what one would try first. Nothing is
 * started to find out.
 */
export function likelyRuntime(
  options: RuntimeOptions,
): Pick<ProbedRuntime, "name" | "cgroup"> & { readonly program: string | undefined } {
  const known = readProbed(probeFile(options), bootOf(options));
  if (known !== undefined && findProgram(known.program) !== undefined) return known;
  const { runtime, runtimes, searchPath } = options;
  const names = runtime === undefined ? CANDIDATES : [runtime];
  const [first = { name: runtime ?? "crun", program: undefined }] = names.flatMap((name) => {
    const listed = runtimes?.get(name)?.find((path) => findProgram(path) !== undefined);
    const program = listed ?? findProgram(name, searchPath);
    return program === undefined ? [] : [{ name: basename(name), program }];
  });
  const [cgroup = "disabled"] = managersFor(readCgroups(options), options);
  return { ...first, cgroup };
}

function bootOf({ procRoot }: RuntimeOptions): string {
  return readFileSync(join(procRoot, "sys/kernel/random/boot_id"), "utf8").trim();
}

/** Where it is kept what a probe found. */
function probeFile({ runtimeDir, runtime }: RuntimeOptions): string {
  return join(runtimeDir, runtime === undefined ? "runtime.json" : `runtime-${basename(runtime)}.json`);
}

interface Candidate {
  readonly name: string;
  readonly program: string | undefined;
}

/** @throws {UnknownRuntimeError} when the one that was asked for is not there. */
function candidatesOf({ runtime, runtimes, searchPath }: RuntimeOptions): Candidate[] {
  if (runtime === undefined)
    return CANDIDATES.map((name) => ({ name, program: findProgram(name, searchPath) }));
  const listed = runtimes?.get(runtime)?.find((path) => findProgram(path) !== undefined);
  const program = listed ?? findProgram(runtime, searchPath);
  if (program === undefined) throw new UnknownRuntimeError(runtime);
  return [{ name: basename(runtime), program }];
}

function isCandidate(
  { program }: ProbedRuntime,
  { runtime }: RuntimeOptions,
  candidates: readonly Candidate[],
): boolean {
  return runtime === undefined || candidates.some((candidate) => candidate.program === program);
}

/** What was found in this boot, and who could have made cgroups then. */
interface KnownRuntime extends ProbedRuntime {
  readonly boot: string;
  readonly managers?: readonly CgroupManager[];
}

function readProbed(path: string, boot: string): KnownRuntime | undefined {
  const content = readKept(path) as KnownRuntime | undefined;
  return content?.boot === boot ? content : undefined;
}

async function probe(
  namespace: UserNamespace,
  options: RuntimeOptions,
  { candidates, managers }: { candidates: readonly Candidate[]; managers: readonly CgroupManager[] },
): Promise<ProbedRuntime> {
  const { cover } = readCgroups(options);
  const reasons: string[] = [];
  for (const { name, program } of candidates) {
    if (program === undefined) continue;
    for (const cgroup of managers) {
      const candidate = { name, program, cgroup, ...(cover === undefined ? {} : { cover }) };
      const failure = await tryRuntime(candidate, namespace, options);
      if (failure === undefined) return candidate;
      reasons.push(failure.message);
    }
  }
  throw new NoRuntimeError(reasons);
}

/** Who could make cgroups here, the best first; asking for a manager leaves the other one out. */
function managersFor(
  { delegated, systemd }: Cgroups,
  { cgroupManager }: Pick<RuntimeOptions, "cgroupManager">,
): CgroupManager[] {
  return [
    ...(systemd === undefined || cgroupManager === "cgroupfs" ? [] : ["systemd" as const]),
    ...(delegated === undefined || cgroupManager === "systemd" ? [] : ["delegated" as const]),
    "disabled",
  ];
}

let probes = 0;

/** Runs a container without any file: namespaces, mounts and cgroup are made, then its program is not found. */
async function tryRuntime(
  candidate: ProbedRuntime,
  namespace: UserNamespace,
  { runtimeDir, procRoot }: RuntimeOptions,
): Promise<Error | undefined> {
  const runtime = new Runtime(candidate, runtimeDir, procRoot);
  const id = `probe-${process.pid}-${++probes}`; // stages of a build probe side by side
  const bundle = join(runtimeDir, id);
  makeDirectory(join(bundle, "rootfs"));
  try {
    const cgroup = runtime.cgroupFor(id);
    writeFileAtomically(join(bundle, "config.json"), JSON.stringify(probeSpec(cgroup?.path)), {
      sync: false,
    });
    const script = [
      ...(runtime.cover === undefined ? [] : [`mount --bind ${quote(runtime.cover)} /sys/fs/cgroup`]),
      `exec ${runtime.argv("run", "--bundle", bundle, id).map(quote).join(" ")}`,
    ].join("\n");
    const [program, ...args] = [...namespace.enter({ mounts: true }), "sh", "-c", script];
    await run(program, args, { timeoutMs: 20_000 });
    return undefined;
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) throw error;
    const failure = explainFailure(candidate.name, "run a container", error.stderr);
    return failure instanceof CommandNotFoundError ? undefined : failure;
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

function probeSpec(cgroupsPath: string | undefined): object {
  return {
    ociVersion: "1.0.2",
    root: { path: "rootfs" },
    process: {
      user: { uid: 0, gid: 0 },
      args: ["/wherry-probe"],
      env: [],
      cwd: "/",
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    ],
    linux: {
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      ...(cgroupsPath === undefined ? {} : { cgroupsPath }),
    },
  };
}
