import type { Readable } from "node:stream";

/** The file descriptor through which conmon says what became of what it had the runtime do. */
export const SYNC_FD = 3;

/** conmon's answer: a process id, or what went wrong. */
export interface SyncMessage {
  readonly pid: number | undefined;
  readonly message: string;
}

/** The answer; never, when conmon ends without one. */
export function readSyncMessage(pipe: Readable): Promise<SyncMessage> {
  return new Promise((resolve) => {
    let text = "";
    pipe.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf("\n");
      if (end === -1) return;
      pipe.removeAllListeners("data");
      pipe.resume();
      resolve(parse(text.slice(0, end)));
    });
  });
}

function parse(line: string): SyncMessage {
  const { data, pid = data, message = "" } = JSON.parse(line) as Partial<SyncMessage & { data: number }>;
  return { pid: pid === undefined || pid <= 0 ? undefined : pid, message };
}
