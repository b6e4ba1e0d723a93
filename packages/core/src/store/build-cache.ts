import type { Digest } from "../oci/index.ts";
import type { StateDatabase } from "./database.ts";
import type { LayerWorker } from "./remove-tree.ts";
import { sweep, type SweepParts, type Swept } from "./sweep.ts";

export interface BuildCacheParts extends SweepParts {
  readonly prepare: () => void;
}

/**
 * What earlier builds made, by a key over everything that went into a step. An entry lives as long as the blobs and layers
 * it refers to; they stay while it lives, unless the only image that has them is removed.
 */
export class BuildCache {
  readonly #parts: BuildCacheParts;

  constructor(parts: BuildCacheParts) {
    this.#parts = parts;
  }

  /** The entry, as it was put; undefined when there is none. Reading does not count as use: see `touch`. */
  get(key: string): unknown {
    const row = this.#parts.database.get("SELECT entry FROM build_cache WHERE key = ?", key);
    return row === undefined ? undefined : (JSON.parse(String(row["entry"])) as unknown);
  }

  /** Adds or replaces an entry. @param refers the blobs (by digest) and layers (by diffID) it is made of */
  put(key: string, entry: unknown, refers: readonly Digest[] = []): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    database.write(() => {
      database.run("DELETE FROM build_cache WHERE key = ?", key);
      database.run(
        "INSERT INTO build_cache VALUES (?, ?, ?)",
        key,
        JSON.stringify(entry),
        new Date().toISOString(),
      );
      for (const digest of new Set(refers))
        database.run("INSERT INTO build_cache_refs VALUES (?, ?)", key, digest);
    });
  }

  /** Notes that the entries were of use now, so that `prune` keeps them longer. */
  touch(keys: readonly string[]): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    database.write(() => {
      for (const key of keys)
        database.run("UPDATE build_cache SET used = ? WHERE key = ?", new Date().toISOString(), key);
    });
  }

  /** Forgets entries not used since `before` (default: all), and removes what only they referred to. */
  async prune(worker?: LayerWorker, before: Date = new Date(Date.now() + 1000)): Promise<Swept> {
    const { database } = this.#parts;
    this.#parts.prepare();
    const forget = (): Digest[] => {
      const stale = "SELECT key FROM build_cache WHERE used < ?";
      const digests = digestsOf(database, stale, before.toISOString());
      database.run(`DELETE FROM build_cache WHERE key IN (${stale})`, before.toISOString());
      return digests.filter(
        (digest) => database.get("SELECT 1 FROM build_cache_refs WHERE digest = ?", digest) === undefined,
      );
    };
    return sweep(this.#parts, database.write(forget, { frees: true }), worker);
  }
}

function digestsOf(database: StateDatabase, keys: string, before: string): Digest[] {
  return database
    .all(`SELECT DISTINCT digest FROM build_cache_refs WHERE key IN (${keys})`, before)
    .map(({ digest }) => String(digest) as Digest);
}
