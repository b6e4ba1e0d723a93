import type { Digest } from "../oci/index.ts";
import { isRunning } from "../process/index.ts";
import type { StateDatabase } from "./database.ts";
import { thisProcess } from "./staging.ts";

/** What running processes need although no image refers to it yet: blobs by digest, layers by diffID. */
export class Pins {
  readonly #database: StateDatabase;
  readonly #own = new Set<Digest>();

  constructor(database: StateDatabase) {
    this.#database = database;
  }

  /** Whether this process has pinned it. */
  has(digest: Digest): boolean {
    return this.#own.has(digest);
  }

  /** Keeps the digests until this process releases them or ends. */
  add(digests: readonly Digest[]): void {
    const fresh = digests.filter((digest) => !this.#own.has(digest));
    if (fresh.length === 0) return;
    const { pid, startTime } = thisProcess();
    this.#database.write(() => {
      for (const digest of fresh)
        this.#database.run("INSERT OR IGNORE INTO pins VALUES (?, ?, ?)", digest, pid, startTime);
    });
    for (const digest of fresh) this.#own.add(digest);
  }

  /** Gives up this process's pins on the digests, or on all. */
  release(digests: readonly Digest[] = [...this.#own]): void {
    const held = digests.filter((digest) => this.#own.has(digest));
    if (held.length === 0) return;
    const { pid, startTime } = thisProcess();
    this.#database.write(() => {
      for (const digest of held)
        this.#database.run(
          "DELETE FROM pins WHERE digest = ? AND pid = ? AND start_time = ?",
          digest,
          pid,
          startTime,
        );
    });
    for (const digest of held) this.#own.delete(digest);
  }

  /** What running processes hold. Inside a transaction also forgets the pins of processes that ended. */
  held({ forgetDead = false } = {}): Set<string> {
    const held = new Set<string>();
    const alive = new Map<string, boolean>();
    for (const row of this.#database.all("SELECT digest, pid, start_time FROM pins")) {
      const identity = { pid: Number(row["pid"]), startTime: String(row["start_time"]) };
      const key = `${identity.pid} ${identity.startTime}`;
      const lives = alive.get(key) ?? isRunning(identity);
      alive.set(key, lives);
      if (lives) held.add(String(row["digest"]));
      else if (forgetDead)
        this.#database.run(
          "DELETE FROM pins WHERE pid = ? AND start_time = ?",
          identity.pid,
          identity.startTime,
        );
    }
    return held;
  }
}
