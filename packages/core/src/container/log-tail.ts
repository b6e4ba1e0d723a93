import { parseLogLine, type LogEntry } from "./k8s-log.ts";

/** Reads some bytes of a file; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Buffer;

/** The end of a log. */
export interface LogTail {
  /** In the order they were written. */
  readonly entries: readonly LogEntry[];
  /** Where to read on. */
  readonly end: number;
}

const BLOCK = 65_536;
/** How much further back the beginnings of lines are looked for that were written in pieces. */
const LOOK_BACK = 1 << 20;
const NEWLINE = 0x0a;

/**
 * The last lines of a log, read from its end on: what comes before them is not read. Lines of both streams count together,
 * each by its last piece; what is not wanted does not count.
 */
export function readTail(
  read: ReadAt,
  size: number,
  lines: number,
  isWanted: (entry: LogEntry) => boolean = () => true,
): LogTail {
  if (lines === 0) return { entries: [], end: size };
  const taken: LogEntry[] = [];
  /** Of each stream: what is done with the pieces of the line that was met last. */
  const line: Record<LogEntry["stream"], "none" | "taken" | "left out"> = { stdout: "none", stderr: "none" };
  let left = lines;
  let limit = -Infinity;
  let end: number | undefined;
  for (const { offset, length, entry } of recordsBackwards(read, size)) {
    end ??= offset + length;
    if (left === 0 && limit === -Infinity) limit = offset - LOOK_BACK;
    if (left === 0 && (offset < limit || (line.stdout !== "taken" && line.stderr !== "taken"))) break;
    if (entry === undefined || !isWanted(entry)) continue;
    const { stream, isPartial } = entry;
    if (!isPartial || line[stream] === "none") {
      line[stream] = left > 0 ? "taken" : "left out";
      if (left > 0) left--;
    }
    if (line[stream] === "taken") taken.push(entry);
  }
  return { entries: taken.reverse(), end: end ?? 0 };
}

interface LogRecord {
  readonly offset: number;
  readonly length: number;
  /** Undefined for what is no record. */
  readonly entry: LogEntry | undefined;
}

/** The records of a log, the last one first. What an unfinished write left at the end is none. */
function* recordsBackwards(read: ReadAt, size: number): Generator<LogRecord> {
  let rest = Buffer.alloc(0); // what is before the first line end of the blocks that were read
  let isWhole = false; // whether `rest` ends with a line end
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - BLOCK);
    const bytes = Buffer.concat([read(begin, end - begin), rest]);
    let stop: number = isWhole ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
    isWhole ||= stop > 0;
    while (stop > 1) {
      const newline = bytes.lastIndexOf(NEWLINE, stop - 2);
      if (newline === -1) break;
      yield recordOf(bytes, begin, newline + 1, stop);
      stop = newline + 1;
    }
    rest = isWhole ? Buffer.from(bytes.subarray(0, stop)) : bytes;
    end = begin;
  }
  if (isWhole && rest.length > 0) yield recordOf(rest, 0, 0, rest.length);
}

function recordOf(bytes: Buffer, begin: number, start: number, stop: number): LogRecord {
  const entry = parseLogLine(Buffer.from(bytes.subarray(start, stop - 1)));
  return { offset: begin + start, length: stop - start, entry };
}
