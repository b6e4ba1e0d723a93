import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** Watches how much a folder holds while something is done. */
export interface DiskWatch {
  /** Ends watching, and gives the largest number of bytes that were there over those at the beginning. */
  stop(): Promise<number>;
}

/** Begins to watch the blocks of all files of a folder; sparse and linked files count as what they take. */
export async function watchDisk(folder: string): Promise<DiskWatch> {
  const before = await bytesIn(folder);
  let most = before;
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, await bytesIn(folder));
      await sleep(100);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await watching;
      return most - before;
    },
  };
}

/** What `du` counts; files that go away meanwhile are no error here. */
async function bytesIn(folder: string): Promise<number> {
  const counted = await promisify(execFile)("du", ["-sx", "--block-size=1", folder]).catch(
    (error: unknown) => ({ stdout: (error as { stdout?: string }).stdout ?? "" }),
  );
  return Number(/^\d+/.exec(counted.stdout)?.[0] ?? 0);
}
