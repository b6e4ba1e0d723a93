import type { ChildProcess, SpawnOptions } from "node:child_process";
import { chmodSync, closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Result } from "./user.ts";

const SOURCE = join(import.meta.dirname, "warm-programs.cjs");

/** Flags of Node's as the launchers give them. */
const FLAGS = [
  "--disable-warning=ExperimentalWarning",
  "--no-concurrent-sparkplug",
  "--no-concurrent-recompilation",
];

/** Commands that can be run after others in one process. */
const TAKEN: Readonly<Record<string, string>> = {
  wherry: `commit container cp create diff events exec export healthcheck history image images info init inspect kill load logs
    network pause port ps pull push rename restart rm rmi run save secret start stop system tag top unpause untag update version
    volume wait why`,
  "wherry-build": `add build cache commit config containers copy from images inspect manifest push rename rm rmi run tag
    version`,
  "wherry-image": "copy digest inspect tag version",
};

/** What makes them read input, need a terminal, become another program, look at their descriptors, or tell of the start of their process. */
const ALONE =
  /^(?:-|-i|-it|-ti|-t|--interactive|--tty|--timing|--restore|--preserve-fds?|mount|unmount|umount|stats)$/;

/**
 * The three programs in one process of the user, which has their bundles loaded already: most of what a short command costs is
 * the start of its process. With WHERRY_TEST_COLD=1 nothing is taken, and each command line has a process of its own.
 */
export class WarmPrograms implements Disposable {
  readonly #start: (stdio: SpawnOptions["stdio"]) => ChildProcess;
  /** Standard output and error are files: what a program writes that was started by a command is there, too. */
  readonly #output: { readonly stdout: OutputFile; readonly stderr: OutputFile };
  #child: ChildProcess | undefined;
  #waiting: ((end: Pick<Result, "status" | "signal">) => void) | undefined;

  /**
   * @param start starts a program as the user
   * @param root where the programs are installed, with the pinned Node
   */
  constructor(
    start: (program: string, args: readonly string[], options: SpawnOptions) => ChildProcess,
    root: string,
  ) {
    const node = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
    const program = ["-e", readFileSync(SOURCE, "utf8"), "--", root];
    this.#start = (stdio) => start("env", ["UV_THREADPOOL_SIZE=16", node, ...FLAGS, ...program], { stdio });
    this.#output = {
      stdout: new OutputFile(join(root, "stdout")),
      stderr: new OutputFile(join(root, "stderr")),
    };
  }

  /** Whether a command line can run here, and now: those that are asked for at once run at once. */
  takes(program: string, args: readonly string[]): boolean {
    if (this.#waiting !== undefined || process.env["WHERRY_TEST_COLD"] === "1") return false;
    const [verb = "", ...rest] = args[0] === "--root" ? args.slice(2) : args;
    const isTaken = TAKEN[program]?.split(/\s+/).includes(verb) ?? false;
    return isTaken && !rest.some((word) => ALONE.test(word));
  }

  /** @param cwd the folder that it is run in */
  async run(name: string, argv: readonly string[], { cwd, timeoutMs }: Place): Promise<Result> {
    const child = (this.#child ??= this.#open());
    const requests = child.stdio[3] as Writable;
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const end = await new Promise<Pick<Result, "status" | "signal">>((resolve) => {
      this.#waiting = resolve;
      requests.write(`${JSON.stringify({ name, argv, cwd })}\n`);
    });
    this.#waiting = undefined;
    clearTimeout(timer);
    return { ...end, stdout: this.#output.stdout.take(), stderr: this.#output.stderr.take() };
  }

  [Symbol.dispose](): void {
    (this.#child?.stdio[3] as Writable | undefined)?.end();
    this.#child = undefined;
    this.#output.stdout[Symbol.dispose]();
    this.#output.stderr[Symbol.dispose]();
  }

  #open(): ChildProcess {
    const { stdout, stderr } = this.#output;
    const child = this.#start(["ignore", stdout.fd, stderr.fd, "pipe", "pipe"]);
    (child.stdio[3] as Writable).on("error", () => undefined); // it has ended, which `exit` tells
    createInterface({ input: child.stdio[4] as Readable }).on("line", (status) => {
      this.#waiting?.({ status: Number(status), signal: null });
    });
    child.once("exit", (status, signal) => {
      if (this.#child === child) this.#child = undefined;
      this.#waiting?.({ status, signal });
    });
    return child;
  }
}

interface Place {
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** A file that processes append to, and that is emptied by whoever reads it. */
class OutputFile implements Disposable {
  readonly fd: number;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.fd = openSync(path, "a");
    chmodSync(path, 0o666); // a container's /dev/stdout may lead here
  }

  /** What was written since the last time. */
  take(): string {
    const text = readFileSync(this.#path, "utf8");
    ftruncateSync(this.fd);
    return text;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
