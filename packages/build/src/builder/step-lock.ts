import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf, FileSystemError } from "@wherry/core/error";
import { makeDirectory } from "@wherry/core/io";
import { identify, isRunning, type ProcessIdentity } from "@wherry/core/process";

const POLL_MS = 50;

/**
 * Locks on keys that hold between processes: one file for each, which names its holder. A lock whose holder has ended is free.
 * They only save double work: a step that two processes do at once gives each of them a right result.
 */
export class StepLocks {
  readonly #folder: string;
  #self: ProcessIdentity | undefined;
  #count = 0;

  /** @param folder where the files are; made by the first lock. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Waits until no other process holds the key. @param onWait told once, with the holder's pid, when there is one */
  async take(
    key: string,
    { onWait, signal }: { onWait?: (pid: number) => void; signal?: AbortSignal } = {},
  ): Promise<Disposable> {
    makeDirectory(this.#folder);
    const path = join(this.#folder, key);
    let told = false;
    while (!this.#create(path)) {
      const holder = readHolder(path);
      if (holder === undefined) continue;
      if (!isRunning(holder)) {
        this.#discard(path);
        continue;
      }
      if (!told) onWait?.(holder.pid);
      told = true;
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    }
    return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
  }

  /** Makes the file, whole from the start: false when it is there already. */
  #create(path: string): boolean {
    this.#self ??= identify(process.pid) ?? { pid: process.pid, startTime: "0" };
    const own = this.#ownPath();
    try {
      writeFileSync(own, `${this.#self.pid} ${this.#self.startTime}\n`);
      linkSync(own, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return false;
      throw new FileSystemError("lock", path, error);
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Removes a dead holder's file; a living one's, that took its place this very moment, is put back. */
  #discard(path: string): void {
    const own = this.#ownPath();
    try {
      renameSync(path, own);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      throw new FileSystemError("lock", path, error);
    }
    const holder = readHolder(own);
    try {
      if (holder !== undefined && isRunning(holder)) linkSync(own, path);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw new FileSystemError("lock", path, error);
    } finally {
      rmSync(own, { force: true });
    }
  }

  #ownPath(): string {
    return join(this.#folder, `.${process.pid}-${this.#count++}`);
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new FileSystemError("read", path, error);
  }
  const [, pid = "0", startTime = "0"] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  return { pid: Number(pid), startTime };
}
