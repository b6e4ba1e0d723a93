import type { ChildProcess, SpawnOptions } from "node:child_process";
import { basename } from "node:path";
import { ProgramFailedError, ProgramNotFoundError } from "./errors.ts";
import { isHangupIgnored } from "./hangup.ts";
import { errnoOf, FileSystemError } from "../error/index.ts";

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Given to the program as its standard input; default nothing. */
  readonly input?: string | Uint8Array;
  /** After this the program is killed and the run fails. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Exit statuses that are no failure (default 0). */
  readonly okStatus?: readonly number[];
  /** How many of the last characters of its standard error to keep (default 8192). */
  readonly stderrLimit?: number;
  /** Whether it has a session of its own: a signal to our process group, such as Ctrl-C, does not reach it. See also `ignoreHangup`. */
  readonly detached?: boolean;
  /** What the program is for, as in "needed to …", for the message when it is missing. */
  readonly purpose?: string;
}

export interface Finished {
  readonly status: number;
  readonly stdout: Buffer;
  /** The end of it, as much as `stderrLimit` allows. */
  readonly stderr: string;
}

const STDERR_LIMIT = 8192;

/**
 * Runs a program to its end, by argument list, never through a shell.
 *
 * @throws {ProgramNotFoundError | ProgramFailedError}
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { input, okStatus = [0], purpose = "go on", stderrLimit = STDERR_LIMIT } = options;
  observer?.([program, ...args]);
  return new Promise((resolve, reject) => {
    const child = childProcess().spawn(program, args, {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: options.detached ?? isHangupIgnored(),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-stderrLimit)));
    child.stdin?.on("error", () => undefined); // the program may end without reading all of its input
    child.stdin?.end(input);
    child.once("error", (error) => {
      reject(errnoOf(error) === "ENOENT" ? new ProgramNotFoundError(program, purpose) : error);
    });
    child.once("close", (status, signal) => {
      if (status !== null && okStatus.includes(status))
        resolve({ status, stdout: Buffer.concat(stdout), stderr });
      else
        reject(
          new ProgramFailedError(basename(program), endingOf(status, signal), status ?? undefined, stderr),
        );
    });
  });
}

/**
 * Starts a program and leaves it running; the caller watches it. By argument list, never through a shell.
 *
 * @throws {FileSystemError} when there are no descriptors left for its streams; other failures come as `error` events
 */
export function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  observer?.([program, ...args]);
  const child = childProcess().spawn(program, args, { detached: isHangupIgnored(), ...options });
  if (!hasStreams(child)) {
    child.once("error", () => undefined);
    const cause = Object.assign(new Error(`spawn ${program} EMFILE`), { code: "EMFILE" });
    throw new FileSystemError("start", program, cause);
  }
  return child;
}

/** Node gives a child none when the descriptors were used up before it made them, which its types do not know. */
function hasStreams(child: Partial<ChildProcess>): boolean {
  return child.stdio !== undefined;
}

let observer: ((argv: readonly string[]) => void) | undefined;

/** Has somebody told of every program that is started from now on, for `--log-level debug`. */
export function observePrograms(listener: (argv: readonly string[]) => void): void {
  observer = listener;
}

/** Tells whoever observes of a program that another one starts for us. */
export function tellProgram(argv: readonly string[]): void {
  observer?.(argv);
}

/** Loaded at the first program, for it takes 4 ms, and most commands that read start none. */
function childProcess() {
  return process.getBuiltinModule("node:child_process");
}

function endingOf(status: number | null, signal: NodeJS.Signals | null): string {
  return status === null ? `was ended by ${signal ?? "a signal"}` : `failed with status ${status}`;
}
