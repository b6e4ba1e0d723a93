import { fstatSync, readSync } from "node:fs";
import { GrowingFile } from "../io/index.ts";
import { K8sLogParser, type LogEntry } from "./k8s-log.ts";
import { readTail } from "./log-tail.ts";

/** Reads a log on from where it stopped, and goes over to the new file when the monitor has begun one. */
export class LogReader implements Disposable {
  readonly #file: GrowingFile;
  #parser = new K8sLogParser();

  constructor(path: string) {
    this.#file = new GrowingFile(path);
  }

  /** The last lines, and reads on behind them; what is not wanted does not count. */
  tail(lines: number, isWanted: (entry: LogEntry) => boolean): readonly LogEntry[] {
    const { fd } = this.#file;
    if (fd === undefined) return [];
    const read = (offset: number, length: number): Buffer => {
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
    };
    const { entries, end } = readTail(read, fstatSync(fd).size, lines, isWanted);
    this.#file.seek(end);
    return entries;
  }

  /** What has come since. */
  *entries(): Generator<LogEntry> {
    yield* this.#readOn();
    while (this.#file.isReplaced) {
      yield* this.#readOn(); // what came between our look at the file and its end
      this[Symbol.dispose]();
      yield* this.#readOn();
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    this.#parser = new K8sLogParser();
  }

  *#readOn(): Generator<LogEntry> {
    for (const piece of this.#file.pieces()) yield* this.#parser.push(piece);
  }
}
