import { accessSync, constants, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { readIfThere } from "../io/index.ts";
import {
  findProgram,
  identify,
  isRunning,
  ProgramFailedError,
  run,
  start,
  type ProcessIdentity,
} from "../process/index.ts";
import {
  AddressNotLocalError,
  PastaFailedError,
  PastaMissingError,
  PortInUseError,
  PrivilegedPortError,
  TunDeviceError,
} from "./errors.ts";
import { isTaken, readListeningPorts } from "./listening-ports.ts";
import { pastaArguments, portSpecifier } from "./pasta-arguments.ts";
import type { PortMapping } from "./port-mapping.ts";

export interface PastaOptions {
  /** A process of the container, in the network namespace to connect. The network ends when it does. */
  readonly pid: number;
  readonly ports: readonly PortMapping[];
  /** Further arguments of pasta(1), the user's. */
  readonly options?: readonly string[];
  /** File that pasta writes its pid to. */
  readonly pidFile: string;
  readonly searchPath?: string | undefined;
  readonly procRoot?: string;
  /** From `readPastaAbilities`. */
  readonly mapGuestAddress?: boolean;
  readonly uid: number;
  /** Default /dev/net/tun. */
  readonly tunDevice?: string;
  readonly signal?: AbortSignal;
  /** Name or path of pasta. */
  readonly program?: string;
}

const START_TIMEOUT_MS = 10_000;

/** On a wrong argument pasta says which, then prints all of its manual. */
const STDERR_LIMIT = 65_536;

/**
 * Connects the network namespace of a process to the host's network by pasta(1), and publishes ports. When this
 * returns, interface, routes and ports are there. pasta then runs on its own, and ends when `pid` does.
 *
 * @throws {PortInUseError | PrivilegedPortError | AddressNotLocalError | TunDeviceError} for what the host does not give
 * @throws {PastaMissingError | PastaFailedError}
 */
export async function startPasta(options: PastaOptions): Promise<ProcessIdentity> {
  const { pid, ports, pidFile, searchPath, uid, procRoot = "/proc", signal } = options;
  const program = findProgram(options.program ?? "pasta", searchPath);
  if (program === undefined) throw new PastaMissingError();
  checkPorts(ports, uid, procRoot);
  const argv =
    uid === 0 && sharesOurNamespace(pid, procRoot)
      ? argvByPath(program, options, `${procRoot}/${pid}/ns/net`)
      : [program, ...pastaArguments({ ...options, target: { pid }, asRoot: uid === 0 })];
  const [first = program, ...args] = argv;
  try {
    await run(first, args, {
      env: { PATH: searchPath },
      detached: true, // Ctrl-C is ours: pasta ends with the container
      timeoutMs: START_TIMEOUT_MS,
      stderrLimit: STDERR_LIMIT,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof ProgramFailedError) throw explain(error, options);
    throw error;
  }
  const started = readIfThere(pidFile); // it may be gone with pasta, or with the container's folder
  const pasta = started === undefined ? undefined : identify(Number(started), procRoot);
  if (pasta === undefined) throw new PastaFailedError("it ended right after its start");
  if (options.mapGuestAddress !== true) watch(pid, pasta, searchPath);
  return pasta;
}

/**
 * pasta gives up root's right to look into other processes before it opens the namespace: a process of root, with more
 * rights than it has then, is closed to it. So it gets the namespace at a path of its own, in a mount namespace that ends with it.
 */
function argvByPath(program: string, options: PastaOptions, source: string): string[] {
  const netns = `${options.pidFile}.netns`;
  writeFileSync(netns, "", { mode: 0o600 });
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return [
    ...["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "pasta-netns", source, netns],
    ...[program, ...pastaArguments({ ...options, target: { netns }, asRoot: true })],
  ];
}

function sharesOurNamespace(pid: number, procRoot: string): boolean {
  const namespaceOf = (process: string): string => readlinkSync(`${procRoot}/${process}/ns/user`);
  return namespaceOf("self") === namespaceOf(String(pid));
}

/** Ends the network of a container before its processes end. One that has ended already is no error. */
export function stopPasta(pasta: ProcessIdentity, procRoot = "/proc"): void {
  if (!isRunning(pasta, procRoot)) return;
  try {
    process.kill(pasta.pid, "SIGTERM");
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

/**
 * pasta publishes what it can of a range, and of two address families one: it says nothing of the rest. So we look first.
 *
 * @throws {PortInUseError | PrivilegedPortError}
 */
function checkPorts(ports: readonly PortMapping[], uid: number, procRoot: string): void {
  if (ports.length === 0) return;
  const taken = readListeningPorts(procRoot);
  const limit = uid === 0 ? 0 : unprivilegedPortStart(procRoot);
  for (const { hostIp, hostPort, protocol, range } of ports) {
    for (let port = hostPort; port < hostPort + range; port++) {
      if (isTaken(taken, { protocol, hostIp, port })) throw new PortInUseError(hostIp, port, protocol);
      if (port < limit) throw new PrivilegedPortError(hostIp, port, limit);
    }
  }
}

/** The first port that ordinary users may listen on. */
export function unprivilegedPortStart(procRoot = "/proc"): number {
  try {
    return Number(readFileSync(`${procRoot}/sys/net/ipv4/ip_unprivileged_port_start`, "latin1"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 1024; // kernels before 4.11
    throw error;
  }
}

/** pasta's last words as one of our errors. */
function explain(
  error: ProgramFailedError,
  { ports, tunDevice = "/dev/net/tun", procRoot }: PastaOptions,
): Error {
  const words = wordsOf(error.stderr);
  if (/tun (?:socket|device)|net\/tun/i.test(words)) {
    const problem = tunProblem(tunDevice);
    if (problem !== undefined) return new TunDeviceError(problem, { cause: error });
  }
  const [, specifier] = /'-[tu] ([^']+)'/.exec(words) ?? [];
  const failed = ports.find((port) => portSpecifier(port) === specifier);
  if (/failed to bind/i.test(words) && failed !== undefined) {
    const { hostIp, hostPort, protocol } = failed;
    if (
      isTaken(readListeningPorts(procRoot), { protocol, hostIp, port: hostPort }) ||
      /already in use/i.test(words)
    )
      return new PortInUseError(hostIp, hostPort, protocol);
    if (hostIp !== undefined) return new AddressNotLocalError(hostIp, hostPort);
  }
  return new PastaFailedError(words === "" ? error.message : words, error);
}

/** What keeps this user from opening the device; undefined when nothing does. */
export function tunProblem(tunDevice = "/dev/net/tun"): "missing" | "closed" | undefined {
  try {
    accessSync(tunDevice, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR" ? "missing" : "closed";
  }
}

/** The lines that mean something: without a syslog daemon, old versions complain about each line they log. */
function wordsOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !/^Failed to send \d+ bytes to syslog$/.test(line));
  const usage = said.findIndex((line) => line.startsWith("Usage:"));
  return said.slice(0, usage === -1 ? said.length : usage).join("; ");
}

/**
 * Leaves a small process that ends pasta when the container does. pasta itself holds the network namespace, and before
 * March 2024 did not look whether its process is still there; one that maps the guest's address is newer.
 */
function watch(pid: number, pasta: ProcessIdentity, searchPath: string | undefined): void {
  const script = `
    tail --pid="$1" -f /dev/null 2>/dev/null || while [ -d "/proc/$1" ]; do sleep 1; done
    [ "$(cut -d ' ' -f 22 "/proc/$2/stat" 2>/dev/null)" = "$3" ] && kill "$2"`;
  const watcher = start(
    "sh",
    ["-c", script, "wherry-pasta-watch", String(pid), String(pasta.pid), pasta.startTime],
    {
      cwd: "/",
      detached: true,
      stdio: "ignore",
      env: { PATH: searchPath },
    },
  );
  watcher.unref();
}
