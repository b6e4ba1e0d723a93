/** One line, or piece of a line, of a container's log. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds, as it was written. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Without the line's end. */
  readonly text: Buffer;
  /** A piece after which the line goes on. */
  readonly isPartial: boolean;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Reads conmon's log format (Kubernetes' CRI: `TIME STREAM P|F TEXT`), in pieces as they come. Lines that are not of
 * that form, as a crash may leave, are passed over.
 */
export class K8sLogParser {
  #rest = Buffer.alloc(0);

  push(chunk: Uint8Array): LogEntry[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const entries: LogEntry[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const entry = parseLogLine(bytes.subarray(start, end));
      if (entry !== undefined) entries.push(entry);
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
    return entries;
  }
}

/** A line of the log, without its end; undefined for one that is not of that form. */
export function parseLogLine(line: Buffer): LogEntry | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first <= 0 || second === -1 || third === -1) return undefined;
  const stream = line.toString("latin1", first + 1, second);
  const tag = line.toString("latin1", second + 1, third);
  if ((stream !== "stdout" && stream !== "stderr") || !/^[PF](?::|$)/.test(tag)) return undefined;
  return {
    time: line.toString("latin1", 0, first),
    stream,
    text: line.subarray(third + 1),
    isPartial: tag.startsWith("P"),
  };
}
