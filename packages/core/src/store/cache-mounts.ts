import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { digestOf, encodedOf } from "../oci/index.ts";
import { holdLock } from "../process/index.ts";
import type { StorePaths } from "./paths.ts";
import { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";
import { readNames, stagingPath } from "./staging.ts";

/** By what a cache is known: equal ones are one cache. */
export interface CacheIdentity {
  readonly id: string;
  readonly uid: number;
  readonly gid: number;
}

export interface OpenCacheOptions {
  /** With others at a time; one after the other; or never with others, who get a cache of their own meanwhile. */
  readonly sharing: "shared" | "locked" | "private";
  /** Of a new cache. */
  readonly mode: number;
  /** Fills a new cache. */
  readonly seed?: ((folder: string) => Promise<void>) | undefined;
  /** Gives a new cache to its owner, when that is not root. */
  readonly worker: LayerWorker;
  readonly signal?: AbortSignal | undefined;
}

/** A cache in use: it is not removed before it is disposed of. */
export interface OpenCacheMount extends Disposable {
  /** The folder to mount. */
  readonly path: string;
}

/** A cache as it is listed. */
export interface CacheMountRecord extends CacheIdentity {
  /** Names it among the others: its folder's name. */
  readonly key: string;
  readonly path: string;
  readonly created: Date;
  /** When a build opened it last. */
  readonly used: Date;
}

interface Parts {
  readonly paths: StorePaths;
  readonly prepare: () => void;
}

/**
 * Folders that `RUN --mount=type=cache` keeps from build to build: `cache-mounts/KEY/data`, beside it `cache.json` that says
 * whose it is, and `KEY.lock`. The key is a digest of the identity, so that no id can name another folder.
 */
export class CacheMounts {
  readonly #paths: StorePaths;
  readonly #prepare: () => void;

  constructor({ paths, prepare }: Parts) {
    this.#paths = paths;
    this.#prepare = prepare;
  }

  /** Opens a cache, which is made when it is missing. Waits when it is locked by others, or opens another if it is private. */
  async open(identity: CacheIdentity, options: OpenCacheOptions): Promise<OpenCacheMount> {
    const { sharing, signal } = options;
    this.#prepare();
    makeDirectory(this.#paths.cacheMounts);
    for (let copy = 0; ; copy++) {
      const key = keyOf(identity, copy);
      const lock = await holdLock(`${join(this.#paths.cacheMounts, key)}.lock`, {
        shared: sharing === "shared",
        ...(sharing === "private" ? { timeoutSeconds: 0 } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
      if (lock === undefined) continue;
      try {
        await this.#make(key, identity, options);
        const now = new Date();
        utimesSync(this.#about(key), now, now);
        return { path: this.#data(key), [Symbol.dispose]: () => lock[Symbol.dispose]() };
      } catch (error) {
        lock[Symbol.dispose]();
        throw error;
      }
    }
  }

  /** All caches, the one used last at the end. */
  list(): CacheMountRecord[] {
    return readNames(this.#paths.cacheMounts)
      .flatMap((key) => this.#read(key) ?? [])
      .sort((a, b) => a.used.getTime() - b.used.getTime());
  }

  /** Removes a cache and what is in it; false when a build uses it. An absent one is fine. */
  async remove(key: string, worker: LayerWorker): Promise<boolean> {
    const lock = await holdLock(`${join(this.#paths.cacheMounts, key)}.lock`, { timeoutSeconds: 0 });
    if (lock === undefined) return false;
    using _held = lock;
    const trash = moveToTrash(join(this.#paths.cacheMounts, key), this.#paths.staging);
    if (trash !== undefined) await removeTree(trash, worker);
    return true;
  }

  async #make(
    key: string,
    { id, uid, gid }: CacheIdentity,
    { mode, seed, worker }: OpenCacheOptions,
  ): Promise<void> {
    if (this.#read(key) !== undefined) return;
    const staged = stagingPath(this.#paths.staging, "layer");
    const data = join(staged, "data");
    try {
      mkdirSync(data, { recursive: true, mode: 0o700 });
      writeFileAtomically(join(staged, "cache.json"), JSON.stringify({ id, uid, gid, created: new Date() }));
      await seed?.(data);
      if (uid === 0 && gid === 0) chmodSync(data, mode);
      else await worker.call("give", { path: data, uid, gid, mode });
      renameSync(staged, join(this.#paths.cacheMounts, key));
    } catch (error) {
      await removeTree(staged, worker);
      // another build that shares it may have been faster
      if (errnoOf(error) !== "ENOTEMPTY" && errnoOf(error) !== "EEXIST") throw error;
    }
  }

  #read(key: string): CacheMountRecord | undefined {
    if (key.endsWith(".lock")) return undefined;
    try {
      const about = JSON.parse(readFileSync(this.#about(key), "utf8")) as CacheIdentity & { created: string };
      const used = statSync(this.#about(key)).mtime;
      return { ...about, created: new Date(about.created), used, key, path: this.#data(key) };
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #about(key: string): string {
    return join(this.#paths.cacheMounts, key, "cache.json");
  }

  #data(key: string): string {
    return join(this.#paths.cacheMounts, key, "data");
  }
}

/** @param copy 0, or which one more for builds that share with nobody */
function keyOf({ id, uid, gid }: CacheIdentity, copy: number): string {
  return encodedOf(digestOf(JSON.stringify(copy === 0 ? [id, uid, gid] : [id, uid, gid, copy])));
}
