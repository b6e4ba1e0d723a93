import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../error/index.ts";
import { K8sLogParser, type LogEntry } from "./k8s-log.ts";
import { containerState, type ListHost } from "./list.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

export interface LogsOptions {
  /** Only the last lines, of both streams together. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Goes on with what comes, until the container ends. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

const CHUNK = 65_536;
const POLL_MS = 50;

/** What a container wrote, as pieces of lines in the order they were written. A container that never ran wrote nothing. */
export async function* readLogs(
  host: ListHost,
  container: Container,
  options: LogsOptions = {},
): AsyncGenerator<LogEntry> {
  const { follow = false, tail, signal } = options;
  const reader = new LogReader(containerPaths(host, container.id).log);
  const isWanted = timeFilter(options);
  try {
    const written = [...reader.entries()].filter(isWanted);
    yield* tail === undefined ? written : lastLines(written, tail);
    while (follow && signal?.aborted !== true) {
      const isLive = runs(host, container); // asked before the log is read, so that its last words are not lost
      yield* [...reader.entries()].filter(isWanted);
      if (!isLive) return;
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(ignoreAbort);
    }
  } finally {
    reader.close();
  }
}

function runs(host: ListHost, container: Container): boolean {
  const { status } = containerState(host, container);
  return status === "running" || status === "starting";
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}

/** Reads on from where it stopped. */
class LogReader {
  readonly #path: string;
  readonly #parser = new K8sLogParser();
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  *entries(): Generator<LogEntry> {
    this.#fd ??= openIfThere(this.#path);
    if (this.#fd === undefined) return;
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let size = readSync(this.#fd, buffer); size > 0; size = readSync(this.#fd, buffer))
      yield* this.#parser.push(buffer.subarray(0, size));
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
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

function timeFilter({ since, until }: LogsOptions): (entry: LogEntry) => boolean {
  return ({ time }) => {
    if (since === undefined && until === undefined) return true;
    const at = Date.parse(time);
    return (since === undefined || at >= since.getTime()) && (until === undefined || at <= until.getTime());
  };
}

/** The last whole lines: pieces belong to the line they are of, in each stream. */
function lastLines(entries: readonly LogEntry[], count: number): LogEntry[] {
  const open = { stdout: false, stderr: false };
  const isStart = entries.map(({ stream, isPartial }) => {
    const starts = !open[stream];
    open[stream] = isPartial;
    return starts;
  });
  let left = count;
  for (let index = entries.length - 1; index >= 0; index--) {
    if (left === 0) return entries.slice(index + 1);
    if (isStart[index] === true) left--;
    if (left === 0) return entries.slice(index);
  }
  return [...entries];
}
