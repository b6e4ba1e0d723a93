import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import {
  AmbiguousContainerError,
  ContainerNotFoundError,
  ImageNotFoundError,
  NameInUseError,
} from "./errors.ts";
import type { StorePaths } from "./paths.ts";
import { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";

/** A container as the store knows it; `config` is the business of the module `container`. */
export interface ContainerRecord {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** Empty for a container without image. */
  readonly imageId: string;
  readonly imageName: string;
  readonly config: unknown;
}

/** What may change of a container. */
export type ContainerPatch = Partial<Pick<ContainerRecord, "name" | "config">>;

export interface ContainerStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly prepare: () => void;
}

/** The containers, running or not. Names are unique. */
export class ContainerStore {
  readonly #parts: ContainerStoreParts;

  constructor(parts: ContainerStoreParts) {
    this.#parts = parts;
  }

  /** All containers, the oldest first. */
  list(): ContainerRecord[] {
    return this.#parts.database.all("SELECT * FROM containers ORDER BY created, id").map(fromRow);
  }

  /**
   * The container with that name, ID, or beginning of an ID.
   *
   * @throws {AmbiguousContainerError}
   */
  find(text: string): ContainerRecord | undefined {
    const { database } = this.#parts;
    const exact = database.get("SELECT * FROM containers WHERE name = ? OR id = ?", text, text);
    if (exact !== undefined) return fromRow(exact);
    if (!/^[a-f0-9]{1,63}$/.test(text)) return undefined;
    const rows = database.all("SELECT * FROM containers WHERE id GLOB ?", `${text}*`).map(fromRow);
    if (rows.length > 1)
      throw new AmbiguousContainerError(
        text,
        rows.map(({ id }) => id),
      );
    return rows[0];
  }

  /** As `find`. @throws {ContainerNotFoundError} when there is none */
  get(text: string): ContainerRecord {
    const record = this.find(text);
    if (record === undefined) throw new ContainerNotFoundError(text);
    return record;
  }

  /** The folder of a container's files. */
  directory(id: string): string {
    return join(this.#parts.paths.containers, id);
  }

  /**
   * Adds a container and makes its folder.
   *
   * @throws {NameInUseError | ImageNotFoundError} the latter when the image was removed meanwhile
   */
  insert(record: ContainerRecord): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    database.write(() => {
      this.#checkName(record.name);
      const { imageId } = record;
      if (imageId !== "" && database.get("SELECT 1 FROM images WHERE id = ?", imageId) === undefined)
        throw new ImageNotFoundError(imageId);
      this.#makeDirectory(record.id);
      database.run(
        "INSERT INTO containers VALUES (?, ?, ?, ?, ?, ?)",
        record.id,
        record.name,
        record.created,
        imageId,
        record.imageName,
        JSON.stringify(record.config),
      );
    });
  }

  /** Changes a container and gives it as it is then. @throws {ContainerNotFoundError | NameInUseError} */
  update(id: string, patch: ContainerPatch): ContainerRecord {
    const { database } = this.#parts;
    this.#parts.prepare();
    return database.write(() => {
      const old = this.get(id);
      if (patch.name !== undefined && patch.name !== old.name) this.#checkName(patch.name);
      const record = { ...old, ...patch };
      database.run(
        "UPDATE containers SET name = ?, config = ? WHERE id = ?",
        record.name,
        JSON.stringify(record.config),
        old.id,
      );
      return record;
    });
  }

  /** Removes a container and its folder. An absent one is fine. */
  async remove(id: string, worker?: LayerWorker): Promise<void> {
    const { database, paths } = this.#parts;
    this.#parts.prepare();
    const trash = database.write(
      () => {
        database.run("DELETE FROM containers WHERE id = ?", id);
        return moveToTrash(this.directory(id), paths.staging);
      },
      { frees: true },
    );
    if (trash !== undefined) await removeTree(trash, worker);
  }

  #checkName(name: string): void {
    const other = this.#parts.database.get("SELECT id FROM containers WHERE name = ?", name);
    if (other !== undefined) throw new NameInUseError(name, String(other["id"]));
  }

  #makeDirectory(id: string): void {
    try {
      mkdirSync(this.directory(id), { mode: 0o700 });
    } catch (error) {
      throw new FileSystemError("create directory", this.directory(id), error);
    }
  }
}

function fromRow(row: Row): ContainerRecord {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    created: String(row["created"]),
    imageId: String(row["image_id"]),
    imageName: String(row["image_name"]),
    config: JSON.parse(String(row["config"])) as unknown,
  };
}
