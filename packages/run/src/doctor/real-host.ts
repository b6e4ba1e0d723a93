import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRegistriesConf } from "@wherry/core/config";
import type { Engine } from "@wherry/core/engine";
import { errnoOf, WherryError } from "@wherry/core/error";
import { makeDirectory } from "@wherry/core/io";
import { findProgram, ProgramFailedError, run } from "@wherry/core/process";
import { findRuntime } from "@wherry/core/runtime";
import type { Failure, HostView, RuntimeFound } from "./host-view.ts";

const PROGRAM_TIMEOUT_MS = 10_000;

/** The host this process runs on, as the engine would use it. */
export function realHost(engine: Engine): HostView {
  const { host, locations, environment } = engine;
  const searchPath = host.env["PATH"];
  return {
    uid: host.uid,
    userName: host.userName,
    env: host.env,
    nodeVersion: process.version,
    now: host.now(),
    ...locations,
    readText: (path) => orUndefined(() => readFileSync(path, "utf8")),
    stat: (path) => orUndefined(() => statSync(path)),
    isWritable: (path) =>
      orUndefined(() => {
        accessSync(path, constants.R_OK | constants.W_OK);
        return true;
      }) ?? false,
    fileSystem,
    find: (program) => findProgram(program, searchPath),
    outputOf: (program, ...args) => outputOf(findProgram(program, searchPath), args),
    tryUserNamespace: () => failureOf(engine.userNamespace()),
    tryRuntime: () => tryRuntime(engine),
    tryOverlay: () => failureOf(mountOverlay(engine)),
    tryRegistries: async () => {
      try {
        const { unqualifiedSearchRegistries: searched } = await readRegistriesConf(environment);
        return { searched };
      } catch (error) {
        return failureFrom(error);
      }
    },
  };
}

/** The value, or undefined where the file is missing, closed or not what was expected. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The file system of the nearest folder that exists. */
function fileSystem(path: string): { type: number; freeBytes: number } {
  for (let folder = path; ; folder = dirname(folder)) {
    const stats = orUndefined(() => statfsSync(folder));
    if (stats !== undefined) return { type: stats.type, freeBytes: stats.bavail * stats.bsize };
    if (folder === "/") return { type: 0, freeBytes: 0 };
  }
}

async function outputOf(program: string | undefined, args: readonly string[]): Promise<string | undefined> {
  if (program === undefined) return undefined;
  try {
    const { stdout, stderr } = await run(program, args, { timeoutMs: PROGRAM_TIMEOUT_MS });
    return `${stdout.toString()}${stderr}`;
  } catch (error) {
    if (error instanceof ProgramFailedError) return undefined;
    throw error;
  }
}

/** The runtime that works, found anew: the answer kept from an earlier search could be out of date. */
async function tryRuntime(engine: Engine): Promise<RuntimeFound | Failure> {
  const { host, locations } = engine;
  try {
    const namespace = await engine.userNamespace();
    rmSync(join(locations.runtimeDir, "runtime.json"), { force: true });
    const runtime = await findRuntime(namespace, {
      runtimeDir: locations.runtimeDir,
      procRoot: host.procRoot,
      searchPath: host.env["PATH"],
    });
    const { name, program } = runtime;
    return { name, program, cgroup: runtime.cgroupFor("doctor") !== undefined };
  } catch (error) {
    return failureFrom(error);
  }
}

/** Mounts an overlay, as a container's root file system would be, in the store's file system. */
async function mountOverlay(engine: Engine): Promise<void> {
  const { dataDir } = engine.locations;
  makeDirectory(dataDir);
  const folder = mkdtempSync(join(dataDir, "doctor-"));
  try {
    for (const name of ["lower", "upper", "work", "merged"]) makeDirectory(join(folder, name));
    const namespace = await engine.userNamespace();
    const attributes = namespace.isRootless ? "userxattr," : "";
    const mount = `mount -t overlay overlay -o ${attributes}lowerdir=lower,upperdir=upper,workdir=work merged`;
    const script = `${mount} && mkdir merged/folder && touch merged/file && umount merged; status=$?; rm -rf work; exit $status`;
    const argv: readonly string[] = [...namespace.enter({ mounts: true }), "sh", "-c", script];
    await run(argv[0] ?? "sh", argv.slice(1), { cwd: folder, timeoutMs: PROGRAM_TIMEOUT_MS });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<Failure | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return failureFrom(error);
  }
}

function failureFrom(error: unknown): Failure {
  if (error instanceof WherryError) return { problem: error.message, hint: error.hint };
  throw error;
}
