import { watch } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogEntry } from "./k8s-log.ts";
import { containerState, type ListHost } from "./list.ts";
import { LogReader } from "./log-reader.ts";
import { readableLog } from "./log-settings.ts";
import type { Container } from "./settings.ts";

export interface LogsOptions {
  /** Only the last lines, of both streams together. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Goes on with what comes, until the container ends. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
}

const POLL_MS = 50;

/**
 * What a container wrote, as pieces of lines in the order they were written. A container that never ran wrote nothing.
 *
 * @throws {NoLogError}
 */
export async function* readLogs(
  host: ListHost,
  container: Container,
  options: LogsOptions = {},
): AsyncGenerator<LogEntry> {
  const { follow = false, tail, since, until, signal, now = () => new Date() } = options;
  const path = readableLog(host, container);
  using reader = new LogReader(path);
  using changes = follow && container.config.log?.maxSize !== undefined ? new FolderChanges(path) : undefined;
  const isEarlyEnough = ({ time }: LogEntry) => until === undefined || Date.parse(time) <= until.getTime();
  const isWanted = (entry: LogEntry) =>
    isEarlyEnough(entry) && (since === undefined || Date.parse(entry.time) >= since.getTime());
  if (tail !== undefined) yield* reader.tail(tail, isEarlyEnough).filter(isWanted);
  for (;;) {
    // asked before the log is read, so that its last words are not lost
    const isOver = !follow || !runs(host, container) || (until !== undefined && now() > until);
    for (const entry of reader.entries()) if (isWanted(entry)) yield entry;
    if (isOver || signal?.aborted === true) return;
    await Promise.race([
      sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(ignoreAbort),
      ...(changes === undefined ? [] : [changes.next()]),
    ]);
  }
}

/** Tells when something in the folder of a log changes: one that is small is begun anew before we would look again. */
class FolderChanges implements Disposable {
  readonly #watcher: ReturnType<typeof watch>;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    this.#watcher = watch(dirname(path), () => this.#wake());
    this.#watcher.on("error", () => undefined); // the folder is gone: looking at times is enough
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }
}

function runs(host: ListHost, container: Container): boolean {
  const { status } = containerState(host, container);
  return status === "running" || status === "starting";
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
