import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import {
  findProgram,
  identify,
  isRunning,
  lockFile,
  run,
  start,
  type ProcessIdentity,
} from "../process/index.ts";
import { ProgramFailedError } from "../process/index.ts";
import {
  IdMapNotPermittedError,
  IdMapProgramMissingError,
  IdMapRefusedError,
  UserNamespacesLimitedError,
  UserNamespaceUnavailableError,
} from "./errors.ts";
import { formatIdMap, type IdMap, type IdMaps } from "./id-maps.ts";
import { checkPreconditions, isSetuidRoot } from "./preconditions.ts";

export interface HolderOptions {
  readonly runtimeDir: string;
  readonly etc: string;
  readonly procRoot: string;
  readonly searchPath?: string | undefined;
  /** Ends the wait for others who make it. */
  readonly signal?: AbortSignal | undefined;
}

const FILE = "userns.json";
/** The longest time a 32 bit sleep(1) understands: 68 years. */
const FOR_EVER = "2147483647";

/**
 * The sleeping process whose user namespace has these maps: the one that runs already, else a new one.
 * A holder with other maps (subuid was edited) is left to the containers that live in its namespace.
 *
 * @throws {UserNamespaceError} naming the precondition that is missing.
 */
export async function ensureHolder(maps: IdMaps, options: HolderOptions): Promise<ProcessIdentity> {
  const present = findHolder(maps, options);
  if (present !== undefined) return present;
  const found = lastCreation.then(() => findOrCreate(maps, options));
  lastCreation = found.catch(() => undefined);
  return found;
}

/** One after the other: those of one process need no lock against each other. */
let lastCreation: Promise<ProcessIdentity | undefined> = Promise.resolve(undefined);

async function findOrCreate(maps: IdMaps, options: HolderOptions): Promise<ProcessIdentity> {
  makeDirectory(options.runtimeDir);
  using _lock = await lockFile(join(options.runtimeDir, "userns.lock"), { signal: options.signal });
  return findHolder(maps, options) ?? (await createHolder(maps, options));
}

/** Ends the holder. Running containers do not need it. */
export function endHolder({ runtimeDir, procRoot }: Pick<HolderOptions, "runtimeDir" | "procRoot">): void {
  const holder = readIdentity(runtimeDir);
  if (holder !== undefined && isRunning(holder, procRoot)) process.kill(holder.pid, "SIGKILL");
  rmSync(join(runtimeDir, FILE), { force: true });
}

function findHolder(maps: IdMaps, { runtimeDir, procRoot }: HolderOptions): ProcessIdentity | undefined {
  const holder = readIdentity(runtimeDir);
  if (holder === undefined || !isRunning(holder, procRoot)) return undefined;
  const fits =
    hasMap(`${procRoot}/${holder.pid}/uid_map`, maps.uids) &&
    hasMap(`${procRoot}/${holder.pid}/gid_map`, maps.gids);
  return fits ? holder : undefined;
}

function readIdentity(runtimeDir: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(join(runtimeDir, FILE), "utf8")) as ProcessIdentity;
    return { pid, startTime };
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function hasMap(path: string, maps: readonly IdMap[]): boolean {
  try {
    const numbers = readFileSync(path, "utf8").trim().split(/\s+/);
    return numbers.join(" ") === formatIdMap(maps).join(" ");
  } catch {
    return false; // it ended meanwhile
  }
}

async function createHolder(maps: IdMaps, options: HolderOptions): Promise<ProcessIdentity> {
  const pid = await startSleeper(options);
  try {
    await writeMap("newuidmap", pid, maps.uids, "subuid", options);
    await writeMap("newgidmap", pid, maps.gids, "subgid", options);
    const identity = identify(pid, options.procRoot);
    if (identity === undefined)
      throw new UserNamespaceUnavailableError("the process that holds it ended at once");
    writeFileAtomically(join(options.runtimeDir, FILE), JSON.stringify(identity), {
      mode: 0o600,
      sync: false,
    });
    return identity;
  } catch (error) {
    process.kill(pid, "SIGKILL");
    throw error;
  }
}

/** Starts a process that sleeps in a new user namespace, in a session of its own; gives its pid once it is there. */
function startSleeper(options: HolderOptions): Promise<number> {
  const script = `echo; exec sleep ${FOR_EVER} >/dev/null 2>&1`;
  const child = start(
    findProgram("unshare", options.searchPath) ?? "unshare",
    ["--user", "sh", "-c", script],
    {
      cwd: "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin" },
    },
  );
  child.unref();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new UserNamespaceUnavailableError("unshare cannot be started", error)),
    );
    child.stdout?.once("data", () => {
      child.removeAllListeners("close");
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (child.pid !== undefined) resolve(child.pid);
    });
    child.once("close", () => reject(explainRefusal(stderr, options)));
  });
}

/** unshare's failure in our words: the switch that explains it, when one does. */
function explainRefusal(stderr: string, options: HolderOptions): Error {
  const [known] = checkPreconditions(options);
  if (known !== undefined) return known;
  if (/No space left/.test(stderr)) return new UserNamespacesLimitedError("reached");
  return new UserNamespaceUnavailableError(stderr.trim() === "" ? "unshare gave no reason" : stderr.trim());
}

async function writeMap(
  name: "newuidmap" | "newgidmap",
  pid: number,
  maps: readonly IdMap[],
  file: string,
  { etc, searchPath, ...options }: HolderOptions,
): Promise<void> {
  const program = findProgram(name, searchPath);
  if (program === undefined) throw new IdMapProgramMissingError(name);
  try {
    await run(program, [String(pid), ...formatIdMap(maps)]);
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) throw error;
    const [known] = checkPreconditions(options);
    if (known !== undefined) throw known;
    if (/not permitted/.test(error.stderr) && !isSetuidRoot(program))
      throw new IdMapNotPermittedError(program, error);
    throw new IdMapRefusedError(name, error.stderr.trim(), `${etc}/${file}`, error);
  }
}
