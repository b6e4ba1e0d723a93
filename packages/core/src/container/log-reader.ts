import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { K8sLogParser, type LogEntry } from "./k8s-log.ts";
import { readTail } from "./log-tail.ts";

const CHUNK = 65_536;

/** Reads a log on from where it stopped, and goes over to the new file when the monitor has begun one. */
export class LogReader implements Disposable {
  readonly #path: string;
  #parser = new K8sLogParser();
  #fd: number | undefined;
  /** Where to read on. */
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The last lines, and reads on behind them; what is not wanted does not count. */
  tail(lines: number, isWanted: (entry: LogEntry) => boolean): readonly LogEntry[] {
    const fd = this.#open();
    if (fd === undefined) return [];
    const read = (offset: number, length: number): Buffer => {
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
    };
    const { entries, end } = readTail(read, fstatSync(fd).size, lines, isWanted);
    this.#position = end;
    return entries;
  }

  /** What has come since. */
  *entries(): Generator<LogEntry> {
    yield* this.#readOn();
    while (this.#isReplaced()) {
      yield* this.#readOn(); // what came between our look at the file and its end
      this[Symbol.dispose]();
      yield* this.#readOn();
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#position = 0;
    this.#parser = new K8sLogParser();
  }

  *#readOn(): Generator<LogEntry> {
    const fd = this.#open();
    if (fd === undefined) return;
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const size = readSync(fd, buffer, 0, CHUNK, this.#position);
      if (size === 0) return;
      this.#position += size;
      yield* this.#parser.push(buffer.subarray(0, size));
    }
  }

  #open(): number | undefined {
    this.#fd ??= openIfThere(this.#path);
    return this.#fd;
  }

  #isReplaced(): boolean {
    if (this.#fd === undefined) return false;
    const there = statSync(this.#path, { throwIfNoEntry: false });
    return there !== undefined && there.ino !== fstatSync(this.#fd).ino;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
