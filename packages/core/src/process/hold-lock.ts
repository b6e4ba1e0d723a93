import { closeSync, openSync } from "node:fs";
import { start } from "./run.ts";

export interface HoldOptions {
  /** Shared with others who ask for it shared, or for one alone. */
  readonly shared?: boolean;
  /** How long to wait for those who hold it; default for ever. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Takes a flock(2) on a file, which is created if missing, without stopping this process. The kernel frees
 * it when this process ends. As `lockFile`, it has flock(1) lock our open file.
 *
 * @returns undefined when others hold it for longer than we wait
 * @throws what the signal was aborted with
 */
export async function holdLock(
  path: string,
  { shared = false, timeoutSeconds, signal }: HoldOptions,
): Promise<Disposable | undefined> {
  signal?.throwIfAborted();
  const fd = openSync(path, "a", 0o600);
  try {
    const limit = timeoutSeconds === undefined ? [] : ["-w", String(timeoutSeconds)];
    const args = [shared ? "-s" : "-x", ...limit, "3"];
    const child = start("flock", args, {
      stdio: ["ignore", "ignore", "ignore", fd],
      ...(signal === undefined ? {} : { signal }),
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (status === 0) return new HeldLock(fd);
    if (status !== 1 || timeoutSeconds === undefined)
      throw new Error(`flock ended with ${String(status)} on ${path}`);
  } catch (error) {
    closeSync(fd);
    signal?.throwIfAborted();
    throw error;
  }
  closeSync(fd);
  return undefined;
}

/** A lock that is held until it is disposed of. */
export class HeldLock implements Disposable {
  #fd: number | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
