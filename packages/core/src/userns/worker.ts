import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { start } from "../process/index.ts";
import { WorkerEndedError } from "./errors.ts";
import type { UserNamespace } from "./namespace.ts";
import { unpackFailure, type TaskAnswer, type TaskRequest } from "./task-messages.ts";

type ChildProcess = ReturnType<typeof start>;

interface Waiting {
  readonly task: string;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface RunningWorker {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

const STDERR_LIMIT = 8192;

/** One Node process inside the user namespace. It starts at the first call; tasks run side by side in it. */
export class NamespaceWorker implements AsyncDisposable {
  readonly #namespace: () => Promise<Pick<UserNamespace, "enter">>;
  readonly #program: readonly string[];
  readonly #waiting = new Map<number, Waiting>();
  #running: Promise<RunningWorker> | undefined;
  #lastId = 0;
  #isClosing = false;

  /** @param program argv of the worker: node, its options, the file that calls `serveTasks`. */
  constructor(namespace: () => Promise<Pick<UserNamespace, "enter">>, program: readonly string[]) {
    this.#namespace = namespace;
    this.#program = program;
  }

  /**
   * Runs one task inside the namespace. Input and output are plain JSON; an error keeps its code, message and hint.
   *
   * @throws {WorkerEndedError} when the process ends before the answer.
   */
  async call<Output>(task: string, input: object): Promise<Output> {
    this.#running ??= this.#start();
    const { child } = await this.#running;
    const id = ++this.#lastId;
    return new Promise<Output>((resolve, reject) => {
      this.#waiting.set(id, { task, resolve: resolve as (output: unknown) => void, reject });
      keepAlive(child, true);
      child.send({ id, task, input } satisfies TaskRequest, (error) => {
        if (error !== null && this.#waiting.delete(id))
          reject(new WorkerEndedError(task, "cannot be reached", ""));
      });
    });
  }

  /**
   * The other end of the process's file descriptor 4, for bytes. It keeps this process from ending, also when the task that
   * writes to it has been answered: close the worker when all was read.
   */
  async stream(): Promise<Duplex> {
    this.#running ??= this.#start();
    const socket = (await this.#running).child.stdio[4] as unknown as Socket;
    return socket.ref();
  }

  /** Ends the process. Tasks that are still under way are abandoned. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    if (running === undefined) return;
    this.#isClosing = true;
    keepAlive(running.child, true);
    if (this.#waiting.size > 0) running.child.kill("SIGKILL");
    else if (running.child.connected) running.child.disconnect();
    await running.ended;
  }

  async #start(): Promise<RunningWorker> {
    const [program = "", ...args] = [...(await this.#namespace()).enter(), ...this.#program];
    const child = start(program, args, {
      detached: true, // Ctrl-C is not for it: who started it decides, and closes the channel
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
    });
    (child.stdio[4] as unknown as Socket).unref();
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-STDERR_LIMIT)));
    child.on("message", (answer) => this.#settle(child, answer as TaskAnswer));
    const ended = new Promise<void>((resolve) => {
      const end = (ending: string) => {
        this.#running = undefined;
        this.#failAll(ending, stderr);
        resolve();
      };
      child.once("error", (error) => end(`cannot be started (${error.message})`));
      child.once("exit", (status, signal) => end(`ended with ${signal ?? `status ${status ?? "unknown"}`}`));
    });
    return { child, ended };
  }

  #settle(child: ChildProcess, answer: TaskAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0 && !this.#isClosing) keepAlive(child, false);
    if ("failure" in answer) waiting.reject(unpackFailure(answer.failure));
    else waiting.resolve(answer.output);
  }

  #failAll(ending: string, stderr: string): void {
    for (const { task, reject } of this.#waiting.values()) reject(new WorkerEndedError(task, ending, stderr));
    this.#waiting.clear();
  }
}

/** Whether a child keeps this process from ending. */
function keepAlive(child: ChildProcess, alive: boolean): void {
  const stderr = child.stderr as (NodeJS.ReadableStream & { ref?(): void; unref?(): void }) | null;
  if (alive) {
    child.ref();
    child.channel?.ref();
    stderr?.ref?.();
  } else {
    child.unref();
    child.channel?.unref();
    stderr?.unref?.();
  }
}
