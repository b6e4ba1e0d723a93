import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import type { Digest } from "../oci/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import { AmbiguousContainerError, NameInUseError, WorkingContainerNotFoundError } from "./errors.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";
import { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";
import { sweep } from "./sweep.ts";

/** A working container as the store knows it; `state` is the builder's business. */
export interface WorkingRecord {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly state: unknown;
}

export interface WorkingStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly pins: Pins;
  readonly prepare: () => void;
}

/** The containers in which images are made step by step. Names are unique; what they are made of stays in the store. */
export class WorkingStore {
  readonly #parts: WorkingStoreParts;

  constructor(parts: WorkingStoreParts) {
    this.#parts = parts;
  }

  /** All of them, the oldest first. */
  list(): WorkingRecord[] {
    return this.#parts.database.all("SELECT * FROM working_containers ORDER BY created, name").map(fromRow);
  }

  /** The one with that name, ID, or beginning of an ID. @throws {AmbiguousContainerError} */
  find(text: string): WorkingRecord | undefined {
    const { database } = this.#parts;
    const exact = database.get("SELECT * FROM working_containers WHERE name = ? OR id = ?", text, text);
    if (exact !== undefined) return fromRow(exact);
    if (!/^[a-f0-9]{1,63}$/.test(text)) return undefined;
    const rows = database.all("SELECT * FROM working_containers WHERE id GLOB ?", `${text}*`).map(fromRow);
    if (rows.length > 1)
      throw new AmbiguousContainerError(
        text,
        rows.map(({ id }) => id),
      );
    return rows[0];
  }

  /** As `find`. @throws {WorkingContainerNotFoundError} when there is none */
  get(text: string): WorkingRecord {
    const record = this.find(text);
    if (record === undefined) throw new WorkingContainerNotFoundError(text);
    return record;
  }

  /** The folder of its files. */
  directory(id: string): string {
    return join(this.#parts.paths.working, id);
  }

  /**
   * Adds a container and makes its folder.
   *
   * @param refs blobs and layers it needs
   * @throws {NameInUseError}
   */
  insert({ id, name, created, state }: WorkingRecord, refs: readonly Digest[]): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    database.write(
      () => {
        this.#checkName(name);
        makeFolder(this.directory(id));
        database.run(
          "INSERT INTO working_containers VALUES (?, ?, ?, ?)",
          id,
          name,
          created,
          JSON.stringify(state),
        );
        this.#refer(id, refs);
      },
      { durable: true },
    );
  }

  /** Writes down the state after a step, and what it needs then. @throws {WorkingContainerNotFoundError} */
  update(id: string, state: unknown, refs: readonly Digest[]): void {
    const { database } = this.#parts;
    database.write(
      () => {
        const changed = database.run(
          "UPDATE working_containers SET state = ? WHERE id = ?",
          JSON.stringify(state),
          id,
        );
        if (changed === 0) throw new WorkingContainerNotFoundError(id);
        database.run("DELETE FROM working_refs WHERE id = ?", id);
        this.#refer(id, refs);
      },
      { durable: true },
    );
  }

  /** @throws {NameInUseError} */
  rename(id: string, name: string): void {
    const { database } = this.#parts;
    database.write(
      () => {
        this.#checkName(name);
        database.run("UPDATE working_containers SET name = ? WHERE id = ?", name, id);
      },
      { durable: true },
    );
  }

  /** Removes a container with its folder, and the layers that nothing else needs. */
  async remove(id: string, worker?: LayerWorker): Promise<void> {
    const { database, paths } = this.#parts;
    this.#parts.prepare();
    const { trash, refs } = database.write(
      () => {
        const rows = database.all("SELECT digest FROM working_refs WHERE id = ?", id);
        database.run("DELETE FROM working_containers WHERE id = ?", id);
        const moved = moveToTrash(this.directory(id), paths.staging);
        return { trash: moved, refs: rows.map(({ digest }) => String(digest) as Digest) };
      },
      { durable: true, frees: true },
    );
    await sweep(
      this.#parts,
      refs.filter((digest) => !this.#isCached(digest)),
      worker,
    );
    if (trash !== undefined) await removeTree(trash, worker);
  }

  /** What the build cache has of use for later builds stays, as after any build. */
  #isCached(digest: Digest): boolean {
    return (
      this.#parts.database.get("SELECT 1 FROM build_cache_refs WHERE digest = ? LIMIT 1", digest) !==
      undefined
    );
  }

  #refer(id: string, refs: readonly Digest[]): void {
    for (const digest of refs)
      this.#parts.database.run("INSERT OR IGNORE INTO working_refs VALUES (?, ?)", id, digest);
    this.#parts.pins.release([...refs]);
  }

  #checkName(name: string): void {
    const other = this.#parts.database.get("SELECT id FROM working_containers WHERE name = ?", name);
    if (other !== undefined) throw new NameInUseError(name, String(other["id"]));
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new FileSystemError("create directory", path, error);
  }
}

function fromRow(row: Row): WorkingRecord {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    created: String(row["created"]),
    state: JSON.parse(String(row["state"])) as unknown,
  };
}
