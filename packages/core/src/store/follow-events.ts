import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../error/index.ts";
import { parseEvent, type EventLog, type RecordedEvent } from "./event-log.ts";

export interface FollowOptions {
  /** Ends the waiting for more. */
  readonly signal?: AbortSignal | undefined;
  /** Stops here, without waiting for later events. */
  readonly until?: Date | undefined;
  /** Goes on with what happens from now on; else what was written down is all. */
  readonly follow?: boolean;
  readonly now?: () => Date;
}

const POLL_MS = 100;

/** The events of a store, the oldest first; a change of the file under way loses none. */
export async function* readEvents(log: EventLog, options: FollowOptions = {}): AsyncGenerator<RecordedEvent> {
  const { signal, until, follow = false, now = () => new Date() } = options;
  const isWanted = ({ time }: RecordedEvent) => until === undefined || Date.parse(time) <= until.getTime();
  yield* readOnce(log.olderPath).filter(isWanted);
  using reader = new LineReader(log.path);
  for (;;) {
    const isOver = until !== undefined && now() > until; // asked before the file is read
    yield* eventsOf(reader.lines()).filter(isWanted);
    if (!follow || isOver || signal?.aborted === true) return;
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

function readOnce(path: string): RecordedEvent[] {
  using reader = new LineReader(path);
  return eventsOf(reader.lines());
}

function eventsOf(lines: readonly string[]): RecordedEvent[] {
  return lines.map(parseEvent).filter((event) => event !== undefined);
}

/** Reads on from where it stopped, and goes over to the new file when there is one. */
class LineReader implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  lines(): string[] {
    const lines = this.#readOpen();
    if (this.#isReplaced()) {
      lines.push(...this.#readOpen()); // what came between our look at the file and its end
      this[Symbol.dispose]();
      lines.push(...this.#readOpen());
    }
    return lines;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#rest = "";
  }

  #readOpen(): string[] {
    this.#fd ??= openIfThere(this.#path);
    if (this.#fd === undefined) return [];
    const buffer = Buffer.allocUnsafe(65_536);
    const pieces: Buffer[] = [];
    for (let size = readSync(this.#fd, buffer); size > 0; size = readSync(this.#fd, buffer))
      pieces.push(Buffer.from(buffer.subarray(0, size)));
    const lines = (this.#rest + Buffer.concat(pieces).toString()).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
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
