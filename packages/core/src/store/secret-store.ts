import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { makeDirectory, randomHex, syncDirectory, writeFully } from "../io/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import type { StorePaths } from "./paths.ts";
import {
  AmbiguousSecretError,
  SecretExistsError,
  SecretLostError,
  SecretNotFoundError,
} from "./secret-errors.ts";
import { stagingPath } from "./staging.ts";

/** What is known of a secret; never what it is. */
export interface SecretRecord {
  /** 25 hex digits, as podman's. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly updated: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SecretStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly prepare: () => void;
}

/** The secrets: a row, and a file that only the user can read. */
export class SecretStore {
  readonly #parts: SecretStoreParts;

  constructor(parts: SecretStoreParts) {
    this.#parts = parts;
  }

  /** All secrets, by name. */
  list(): SecretRecord[] {
    return this.#parts.database.all("SELECT * FROM secrets ORDER BY name").map(fromRow);
  }

  /**
   * The secret with that name, ID, or beginning of an ID.
   *
   * @throws {AmbiguousSecretError}
   */
  find(text: string): SecretRecord | undefined {
    const { database } = this.#parts;
    const exact = database.get("SELECT * FROM secrets WHERE name = ?1 OR id = ?1 ORDER BY name <> ?1", text);
    if (exact !== undefined) return fromRow(exact);
    if (!/^[a-f0-9]{1,24}$/.test(text)) return undefined;
    const rows = database.all("SELECT * FROM secrets WHERE id GLOB ?", `${text}*`).map(fromRow);
    if (rows.length > 1)
      throw new AmbiguousSecretError(
        text,
        rows.map(({ name }) => name),
      );
    return rows[0];
  }

  /** As `find`. @throws {SecretNotFoundError} when there is none */
  get(text: string): SecretRecord {
    const record = this.find(text);
    if (record === undefined) throw new SecretNotFoundError(text);
    return record;
  }

  /**
   * Adds a secret. With `replaces` one of that name gets this data, these labels and a new ID; containers that have the
   * old one keep it.
   *
   * @throws {SecretExistsError}
   */
  insert(
    { name, labels }: Pick<SecretRecord, "name" | "labels">,
    data: Uint8Array,
    { now, replaces = false }: { readonly now: Date; readonly replaces?: boolean },
  ): SecretRecord {
    const { paths, database } = this.#parts;
    this.#parts.prepare();
    makeDirectory(paths.secrets);
    const id = randomHex(13).slice(0, 25);
    const updated = now.toISOString();
    const staged = this.#stage(data);
    let old: SecretRecord | undefined;
    try {
      database.write(
        () => {
          const row = database.get("SELECT * FROM secrets WHERE name = ?", name);
          old = row === undefined ? undefined : fromRow(row);
          if (old !== undefined && !replaces) throw new SecretExistsError(name);
          renameSync(staged, this.path(id));
          syncDirectory(paths.secrets);
          if (old !== undefined) database.run("DELETE FROM secrets WHERE id = ?", old.id);
          const created = old?.created ?? updated;
          const values = [id, name, created, updated, JSON.stringify(labels)];
          database.run("INSERT INTO secrets VALUES (?, ?, ?, ?, ?)", ...values);
        },
        { durable: true },
      );
    } catch (error) {
      for (const path of [staged, this.path(id)]) rmSync(path, { force: true });
      throw error;
    }
    if (old !== undefined) rmSync(this.path(old.id), { force: true });
    return { id, name, created: old?.created ?? updated, updated, labels };
  }

  /** Removes a secret. Containers that have it keep it; an absent one is fine. */
  remove(id: string): void {
    this.#parts.prepare();
    const { database } = this.#parts;
    database.write(() => database.run("DELETE FROM secrets WHERE id = ?", id), {
      durable: true,
      frees: true,
    });
    rmSync(this.path(id), { force: true });
  }

  /** The file with the data. */
  path(id: string): string {
    return join(this.#parts.paths.secrets, id);
  }

  /** The data. @throws {SecretLostError} */
  read({ id, name }: Pick<SecretRecord, "id" | "name">): Buffer {
    try {
      return readFileSync(this.path(id));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw new SecretLostError(name);
      throw new FileSystemError("read", this.path(id), error);
    }
  }

  /**
   * Gives a container the secret under a second name, which stays when the secret is removed or replaced.
   *
   * @throws {SecretLostError}
   */
  lend({ id, name }: Pick<SecretRecord, "id" | "name">, target: string): void {
    const source = this.path(id);
    makeDirectory(dirname(target));
    try {
      linkSync(source, target);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT") throw new SecretLostError(name);
      if (errno !== "EPERM" && errno !== "EMLINK") throw new FileSystemError("link", target, error);
      copyFileSync(source, target); // a file system without hard links; the mode comes along
    }
  }

  /** Below the staging folder, which is swept of what killed processes leave. */
  #stage(data: Uint8Array): string {
    const path = stagingPath(this.#parts.paths.staging, "blob");
    try {
      const fd = openSync(path, "wx", 0o600);
      try {
        writeFully(fd, data);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return path;
    } catch (error) {
      rmSync(path, { force: true });
      throw new FileSystemError("write", path, error);
    }
  }
}

function fromRow(row: Row): SecretRecord {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    created: String(row["created"]),
    updated: String(row["updated"]),
    labels: JSON.parse(String(row["labels"])) as Record<string, string>,
  };
}
