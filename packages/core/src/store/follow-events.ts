import { setTimeout as sleep } from "node:timers/promises";
import { GrowingFile } from "../io/index.ts";
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
  readonly #file: GrowingFile;
  #rest = "";

  constructor(path: string) {
    this.#file = new GrowingFile(path);
  }

  lines(): string[] {
    const lines = this.#readOn();
    if (this.#file.isReplaced) {
      lines.push(...this.#readOn()); // what came between our look at the file and its end
      this[Symbol.dispose]();
      lines.push(...this.#readOn());
    }
    return lines;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    this.#rest = "";
  }

  #readOn(): string[] {
    const pieces = Array.from(this.#file.pieces(), (piece) => Buffer.from(piece));
    const lines = (this.#rest + Buffer.concat(pieces).toString()).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
