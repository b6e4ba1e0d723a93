import { closeSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { makeDirectory } from "../io/index.ts";
import type { Digest } from "../oci/index.ts";
import type { RegistryOrigin } from "../transport/index.ts";

/** What earlier runs have seen of a registry, from where one of its repositories is written to. */
export interface KnownBlobs {
  /** Other repositories that had the blob, the latest first. */
  elsewhere(digest: Digest): RegistryOrigin[];
  /** A repository has it; default the one written to. */
  saw(digest: Digest, place?: RegistryOrigin): void;
  /** It could not be had from there. */
  missed(digest: Digest, place: RegistryOrigin): void;
}

/** Repositories to ask for one blob: each that does not give it costs a request. */
const CANDIDATES = 2;
const VERSION = 1;
const BUSY_TIMEOUT_MS = 200;
const SCHEMA = `
  CREATE TABLE location (
    registry TEXT NOT NULL, digest TEXT NOT NULL, repository TEXT NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (registry, digest, repository)
  ) WITHOUT ROWID;
  CREATE INDEX location_seen ON location (seen);
  PRAGMA user_version = ${VERSION};
`;
const FIND = "SELECT repository FROM location WHERE registry = ? AND digest = ? AND repository <> ? ORDER BY seen DESC LIMIT ?"; // prettier-ignore
const ADD = "INSERT OR REPLACE INTO location VALUES (?, ?, ?, ?)";
const REMOVE = "DELETE FROM location WHERE registry = ? AND digest = ? AND repository = ?";
const TRIM =
  "DELETE FROM location WHERE seen <= (SELECT seen FROM location ORDER BY seen DESC LIMIT 1 OFFSET ?)";

/**
 * In which repositories blobs were seen, kept between runs so that a registry can be asked for a mount where it would get
 * an upload. Only names of registries, repositories and blobs are in it, and nothing of it is believed: what is not there
 * is uploaded. It never lets a copy fail: a damaged file is made anew, one that cannot be had is done without.
 */
export class BlobLocations implements Disposable {
  readonly #path: string;
  readonly #limit: number;
  readonly #now: () => number;
  /** Undefined until first needed; null where there can be none. */
  #database: DatabaseSync | null | undefined;
  readonly #changes = new Map<string, { place: RegistryOrigin; digest: Digest; isThere: boolean }>();

  /** @param limit locations kept, the latest */
  constructor(path: string, { limit = 50_000, now = Date.now } = {}) {
    this.#path = path;
    this.#limit = limit;
    this.#now = now;
  }

  /** What is known for copies to a repository. */
  from({ registry, repository }: RegistryOrigin): KnownBlobs {
    return {
      elsewhere: (digest) =>
        this.#find(registry, digest, repository).map((other) => ({ registry, repository: other })),
      saw: (digest, place = { registry, repository }) => this.#change(digest, place, true),
      missed: (digest, place) => this.#change(digest, place, false),
    };
  }

  [Symbol.dispose](): void {
    if (this.#changes.size > 0) this.#attempt(undefined, (database) => this.#save(database));
    this.#database?.close();
    this.#database = undefined;
  }

  #change(digest: Digest, place: RegistryOrigin, isThere: boolean): void {
    this.#changes.set(`${place.registry}/${place.repository} ${digest}`, { place, digest, isThere });
  }

  #find(registry: string, digest: Digest, repository: string): string[] {
    return this.#attempt([], (database) =>
      database
        .prepare(FIND)
        .all(registry, digest, repository, CANDIDATES)
        .map((row) => String(row["repository"])),
    );
  }

  #save(database: DatabaseSync): void {
    database.exec("BEGIN IMMEDIATE");
    const [add, remove] = [database.prepare(ADD), database.prepare(REMOVE)];
    for (const { place, digest, isThere } of this.#changes.values()) {
      if (isThere) add.run(place.registry, digest, place.repository, this.#now());
      else remove.run(place.registry, digest, place.repository);
    }
    database.prepare(TRIM).run(this.#limit);
    database.exec("COMMIT");
  }

  /** Whatever SQLite says against it, the copy goes on: with a new file where the old one is damaged, else without. */
  #attempt<T>(otherwise: T, work: (database: DatabaseSync) => T): T {
    for (const isLast of [false, true]) {
      if (this.#database === null) break;
      try {
        return work((this.#database ??= open(this.#path)));
      } catch (error) {
        this.#database?.close();
        this.#database = undefined;
        if (isLast || !isDamaged(error)) this.#database = null;
        else rmSync(this.#path, { force: true });
      }
    }
    return otherwise;
  }
}

function open(path: string): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  makeDirectory(dirname(path));
  closeSync(openSync(path, "a", 0o600)); // names of private repositories are in it
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // what a crash of the machine leaves may be damaged: then it is made anew
    database.exec("PRAGMA synchronous = OFF");
    if (database.prepare("PRAGMA user_version").get()?.["user_version"] !== VERSION) {
      database.exec(`BEGIN IMMEDIATE; DROP TABLE IF EXISTS location; ${SCHEMA} COMMIT`);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, and a table that is not what its version says. */
function isDamaged(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26 || code === 1;
}
