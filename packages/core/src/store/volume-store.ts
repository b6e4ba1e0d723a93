import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { makeDirectory, syncDirectory } from "../io/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import type { StorePaths } from "./paths.ts";
import { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";
import {
  AmbiguousVolumeError,
  VolumeExistsError,
  VolumeInUseError,
  VolumeNotFoundError,
} from "./volume-errors.ts";

/** A volume as the store knows it. */
export interface VolumeRecord {
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** Of the driver: `type`, `device`, `o`, as given. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Owner of the top folder, as a container sees it. */
  readonly uid: number;
  readonly gid: number;
  /** Made for one container, and removed with it. */
  readonly isAnonymous: boolean;
  /** No container has used it yet: the first one gives it the image's content and an owner. */
  readonly isFresh: boolean;
}

export interface VolumeStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly prepare: () => void;
}

/** Names of containers that mount a volume: a container's settings name it. */
const USERS = `
  SELECT containers.name FROM containers, json_each(containers.config, '$.mounts') AS mount
  WHERE json_extract(mount.value, '$.type') = 'volume' AND json_extract(mount.value, '$.name') = ?`;

/** The volumes: a row, and a folder laid out as podman's. */
export class VolumeStore {
  readonly #parts: VolumeStoreParts;

  constructor(parts: VolumeStoreParts) {
    this.#parts = parts;
  }

  /** All volumes, by name. */
  list(): VolumeRecord[] {
    return this.#parts.database.all("SELECT * FROM volumes ORDER BY name").map(fromRow);
  }

  /**
   * The volume of that name, or the one whose name begins so.
   *
   * @throws {AmbiguousVolumeError}
   */
  find(text: string): VolumeRecord | undefined {
    const { database } = this.#parts;
    const exact = database.get("SELECT * FROM volumes WHERE name = ?", text);
    if (exact !== undefined) return fromRow(exact);
    const rows = database
      .all("SELECT * FROM volumes WHERE substr(name, 1, length(?1)) = ?1", text)
      .map(fromRow);
    if (rows.length > 1)
      throw new AmbiguousVolumeError(
        text,
        rows.map(({ name }) => name),
      );
    return text === "" ? undefined : rows[0];
  }

  /** As `find`. @throws {VolumeNotFoundError} when there is none */
  get(text: string): VolumeRecord {
    const record = this.find(text);
    if (record === undefined) throw new VolumeNotFoundError(text);
    return record;
  }

  /** Whether there is a volume of exactly that name. */
  has(name: string): boolean {
    return this.#parts.database.get("SELECT 1 FROM volumes WHERE name = ?", name) !== undefined;
  }

  /** The folder that is mounted. */
  path(name: string): string {
    return join(this.directory(name), "_data");
  }

  /** The folder of all that belongs to a volume. */
  directory(name: string): string {
    return join(this.#parts.paths.volumes, name);
  }

  /** Names of the containers that mount the volume. */
  users(name: string): string[] {
    return this.#parts.database.all(USERS, name).map((row) => String(row["name"]));
  }

  /**
   * Adds a volume with an empty folder.
   *
   * @throws {VolumeExistsError}
   */
  insert(record: VolumeRecord): void {
    this.#parts.prepare();
    this.#parts.database.write(
      () => {
        if (this.has(record.name)) throw new VolumeExistsError(record.name);
        this.#makeFolder(record.name);
        this.#insertRow(record);
      },
      { durable: true },
    );
  }

  /** Adds the volume unless there is one of that name. */
  ensure(record: VolumeRecord): void {
    if (this.has(record.name) && existsSync(this.path(record.name))) return;
    this.#parts.prepare();
    this.#parts.database.write(() => {
      this.#makeFolder(record.name);
      if (!this.has(record.name)) this.#insertRow(record);
    });
  }

  /** Notes that a container uses it, and who owns its top folder then. */
  use(name: string, { uid, gid }: Pick<VolumeRecord, "uid" | "gid">): void {
    this.#parts.database.write(() => {
      this.#parts.database.run(
        "UPDATE volumes SET fresh = 0, uid = ?, gid = ? WHERE name = ?",
        uid,
        gid,
        name,
      );
    });
  }

  /**
   * Removes a volume and all that is in it. An absent one is fine.
   *
   * @throws {VolumeInUseError} when a container mounts it
   */
  async remove(name: string, worker?: LayerWorker): Promise<void> {
    const { database } = this.#parts;
    this.#parts.prepare();
    const trash = database.write(
      () => {
        const users = this.users(name);
        if (users.length > 0) throw new VolumeInUseError(name, users);
        database.run("DELETE FROM volumes WHERE name = ?", name);
        return moveToTrash(this.directory(name), this.#trash());
      },
      { frees: true },
    );
    if (trash !== undefined) await removeTree(trash, worker);
  }

  /** On the file system of the volumes, which may be kept apart from the store. */
  #trash(): string {
    const { volumes, root, staging } = this.#parts.paths;
    return dirname(volumes) === root ? staging : volumes;
  }

  #insertRow(record: VolumeRecord): void {
    this.#parts.database.run(
      "INSERT INTO volumes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      record.name,
      record.created,
      JSON.stringify(record.options),
      JSON.stringify(record.labels),
      record.uid,
      record.gid,
      Number(record.isAnonymous),
      Number(record.isFresh),
    );
  }

  /** The folder may be there without a row, where somebody lost the database. */
  #makeFolder(name: string): void {
    const { volumes } = this.#parts.paths;
    makeDirectory(volumes);
    makeDirectory(this.directory(name), 0o755);
    try {
      mkdirSync(this.path(name));
      chmodSync(this.path(name), 0o755);
      syncDirectory(volumes);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw new FileSystemError("create directory", this.path(name), error);
    }
  }
}

function fromRow(row: Row): VolumeRecord {
  return {
    name: String(row["name"]),
    created: String(row["created"]),
    options: JSON.parse(String(row["options"])) as Record<string, string>,
    labels: JSON.parse(String(row["labels"])) as Record<string, string>,
    uid: Number(row["uid"]),
    gid: Number(row["gid"]),
    isAnonymous: Number(row["anonymous"]) === 1,
    isFresh: Number(row["fresh"]) === 1,
  };
}
