import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { runStep, type Step, type StepStream } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { run } from "@wherry/core/process";
import type { RanCommand, StepOutput } from "./builder/index.ts";

/** How many of the last lines an error repeats. */
const LAST_LINES = 5;

/**
 * Runs the command of a RUN; what it writes goes on to our own streams as it comes, and its last lines are kept for the
 * message when it fails.
 */
export async function runCommand(
  engine: Engine,
  step: Step,
  { out, err }: StepOutput,
  stdin: StepStream = "ignore",
): Promise<RanCommand> {
  const folder = dirname(step.work);
  const [stdout, stderr] = [join(folder, "stdout"), join(folder, "stderr")];
  await run("mkfifo", [stdout, stderr], { purpose: "read what a build step writes" });
  const last = new LastLines(LAST_LINES);
  await using outPipe = new OutputPipe(stdout, (text) => {
    last.add(text);
    out(text);
  });
  await using errPipe = new OutputPipe(stderr, (text) => {
    last.add(text);
    err(text);
  });
  const stdio = { stdin, stdout: outPipe.writeFd, stderr: errPipe.writeFd } as const;
  const status = await runStep(containerHost(engine), { ...step, stdio });
  await Promise.all([outPipe.end(), errPipe.end()]);
  return { status, lastLines: last.lines };
}

/** A named pipe: a program writes to it, we read text. */
class OutputPipe implements AsyncDisposable {
  /** For the program. */
  readonly writeFd: number;
  readonly #reader: Socket;
  readonly #ended: Promise<void>;
  #isOpen = true;

  constructor(path: string, onText: (text: string) => void) {
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writeFd = openSync(path, "w");
    this.#reader = new Socket({ fd: readFd, readable: true, writable: false });
    this.#reader.setEncoding("utf8");
    this.#reader.on("data", (text: string | Buffer) => onText(String(text)));
    this.#ended = new Promise((resolve, reject) => {
      this.#reader.once("error", reject);
      this.#reader.once("close", () => resolve());
    });
    this.#ended.catch(() => undefined); // seen by whoever awaits `end`
  }

  /** Waits for the last of what was written. */
  async end(): Promise<void> {
    if (this.#isOpen) closeSync(this.writeFd);
    this.#isOpen = false;
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    closeSync(this.writeFd);
    this.#isOpen = false;
    this.#reader.destroy();
    await this.#ended.catch(() => undefined);
  }
}

/** The last lines of a text that comes in pieces. */
class LastLines {
  readonly #count: number;
  #text = "";

  constructor(count: number) {
    this.#count = count;
  }

  add(text: string): void {
    this.#text = (this.#text + text)
      .split("\n")
      .slice(-this.#count - 1)
      .join("\n")
      .slice(-10_000);
  }

  get lines(): string[] {
    return this.#text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-this.#count);
  }
}
