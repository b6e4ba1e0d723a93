import type { Digest } from "../oci/index.ts";
import type { LayerWorker } from "./remove-tree.ts";
import { sweep, type SweepParts, type Swept } from "./sweep.ts";

export interface BuildCacheParts extends SweepParts {
  readonly prepare: () => void;
}

/** What is told of a step when its result is kept. */
export interface CachedStep {
  /** The instruction as it was written. */
  readonly text: string;
  /** Which step of which file it was: the nearest entry, when the text has changed, is the last of the same place. */
  readonly place: string;
  /** Bytes of its layer. */
  readonly size: number;
  readonly milliseconds: number;
  /** What went in, as JSON, deflated. */
  readonly inputs: Uint8Array;
}

/** A row of the cache. */
export interface CacheEntry extends Omit<CachedStep, "inputs"> {
  readonly key: string;
  readonly created: Date;
  readonly used: Date;
  readonly entry: unknown;
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

  /** When an entry that tells of its step was made; undefined for others. */
  createdAt(key: string): Date | undefined {
    const row = this.#parts.database.get("SELECT created FROM build_steps WHERE key = ?", key);
    return row === undefined ? undefined : new Date(String(row["created"]));
  }

  /** All entries that tell of their step, those used last first. */
  list(): CacheEntry[] {
    return this.#parts.database
      .all(
        "SELECT * FROM build_steps JOIN build_cache USING (key) ORDER BY build_cache.used DESC, build_steps.key",
      )
      .map((row) => ({
        key: String(row["key"]),
        entry: JSON.parse(String(row["entry"])) as unknown,
        created: new Date(String(row["created"])),
        used: new Date(String(row["used"])),
        text: String(row["text"]),
        place: String(row["place"]),
        size: Number(row["size"]),
        milliseconds: Number(row["milliseconds"]),
      }));
  }

  /** Keys that lead to others, and where. */
  leads(): [from: Digest, to: Digest][] {
    return this.#parts.database
      .all("SELECT key, entry FROM build_cache WHERE key NOT IN (SELECT key FROM build_steps)")
      .flatMap(({ key, entry }) => {
        const { same } = JSON.parse(String(entry)) as { same?: Digest };
        return same === undefined ? [] : [[String(key) as Digest, same] as [Digest, Digest]];
      });
  }

  /** What went into earlier steps of that text, or else of that place, those used last first. */
  inputsOf({ text, place }: Pick<CachedStep, "text" | "place">, limit = 20): Uint8Array[] {
    const select = (column: "text" | "place", value: string) =>
      this.#parts.database
        .all(
          `SELECT inputs FROM build_steps JOIN build_cache USING (key) WHERE ${column} = ?
           ORDER BY build_cache.used DESC LIMIT ?`,
          value,
          limit,
        )
        .map((row) => row["inputs"] as Uint8Array);
    const same = select("text", text);
    return same.length > 0 ? same : select("place", place);
  }

  /**
   * Adds or replaces an entry.
   *
   * @param refers the blobs (by digest) and layers (by diffID) it is made of
   * @param step what is told of it; an entry without one only leads to others
   */
  put(key: string, entry: unknown, refers: readonly Digest[] = [], step?: CachedStep): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    const now = new Date().toISOString();
    database.write(() => {
      database.run("DELETE FROM build_cache WHERE key = ?", key);
      database.run("INSERT INTO build_cache VALUES (?, ?, ?)", key, JSON.stringify(entry), now);
      if (step !== undefined)
        database.run(
          "INSERT INTO build_steps VALUES (?, ?, ?, ?, ?, ?, ?)",
          ...[key, now, step.text, step.place, step.size, Math.round(step.milliseconds), step.inputs],
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
    const stale = database.all("SELECT key FROM build_cache WHERE used < ?", before.toISOString());
    return this.forget(
      stale.map(({ key }) => String(key)),
      worker,
    );
  }

  /** Forgets entries, and removes what only they referred to: not what an image, a container or a running build has. */
  async forget(keys: readonly string[], worker?: LayerWorker): Promise<Swept> {
    const { database } = this.#parts;
    this.#parts.prepare();
    const forget = (): Digest[] => {
      const digests = new Set<Digest>();
      for (const key of keys) {
        for (const { digest } of database.all("SELECT digest FROM build_cache_refs WHERE key = ?", key))
          digests.add(String(digest) as Digest);
        database.run("DELETE FROM build_cache WHERE key = ?", key);
      }
      return [...digests].filter(
        (digest) => database.get("SELECT 1 FROM build_cache_refs WHERE digest = ?", digest) === undefined,
      );
    };
    return sweep(this.#parts, database.write(forget, { frees: true }), worker);
  }
}
