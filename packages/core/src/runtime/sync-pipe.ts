import type { Readable } from "node:stream";
import { readLines } from "./read-lines.ts";

/** The file descriptor through which conmon says what became of what it had the runtime do. */
export const SYNC_FD = 3;

/** conmon's answer: a process id, an exit status, or something below 0 and what went wrong. */
export interface SyncMessage {
  readonly data: number;
  readonly message: string;
}

/** Gives conmon's answers one after the other; undefined when it ends without one. */
export function syncMessages(pipe: Readable): () => Promise<SyncMessage | undefined> {
  const nextLine = readLines(pipe);
  return async () => {
    const line = await nextLine();
    return line === undefined ? undefined : parse(line);
  };
}

function parse(line: string): SyncMessage {
  const { pid = -1, data = pid, message = "" } = JSON.parse(line) as Partial<SyncMessage & { pid: number }>;
  return { data, message };
}
