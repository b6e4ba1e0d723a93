import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import type { StorePaths } from "./paths.ts";
import { SecretExistsError, SecretNotFoundError } from "./volume-errors.ts";

/** What is known of a secret, without what it says. */
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

/** The secrets: rows, and beside them files that only their owner may read. */
export class SecretStore {
  readonly #parts: SecretStoreParts;

  constructor(parts: SecretStoreParts) {
    this.#parts = parts;
  }

  /** All secrets, by name. */
  list(): SecretRecord[] {
    return this.#parts.database.all("SELECT * FROM secrets ORDER BY name").map(fromRow);
  }

  /** The secret with that name, ID, or beginning of an ID that fits only one. */
  find(text: string): SecretRecord | undefined {
    const { database } = this.#parts;
    const exact = database.get("SELECT * FROM secrets WHERE name = ? OR id = ?", text, text);
    if (exact !== undefined) return fromRow(exact);
    if (!/^[a-f0-9]{1,24}$/.test(text)) return undefined;
    const rows = database.all("SELECT * FROM secrets WHERE id GLOB ?", `${text}*`).map(fromRow);
    return rows.length === 1 ? rows[0] : undefined;
  }

  /** As `find`. @throws {SecretNotFoundError} when there is none */
  get(text: string): SecretRecord {
    const record = this.find(text);
    if (record === undefined) throw new SecretNotFoundError(text);
    return record;
  }

  /** What a secret says. */
  read({ id }: Pick<SecretRecord, "id">): Buffer {
    try {
      return readFileSync(this.#file(id));
    } catch (error) {
      throw new FileSystemError("read", this.#file(id), error);
    }
  }

  /**
   * Keeps a secret. With `replace` one of the same name is forgotten.
   *
   * @throws {SecretExistsError}
   */
  put(
    name: string,
    content: Uint8Array,
    { labels = {}, now, replace = false }: PutSecretOptions,
  ): SecretRecord {
    const { database, paths } = this.#parts;
    this.#parts.prepare();
    makeDirectory(paths.secrets);
    const time = now.toISOString();
    const record = {
      id: randomBytes(13).toString("hex").slice(0, 25),
      name,
      created: time,
      updated: time,
      labels,
    };
    const replaced = database.write(
      () => {
        const old = database.get("SELECT * FROM secrets WHERE name = ?", name);
        if (old !== undefined && !replace) throw new SecretExistsError(name);
        writeFileAtomically(this.#file(record.id), content, { mode: 0o600 });
        database.run("DELETE FROM secrets WHERE name = ?", name);
        database.run(
          "INSERT INTO secrets VALUES (?, ?, ?, ?, ?)",
          record.id,
          name,
          time,
          time,
          JSON.stringify(labels),
        );
        return old;
      },
      { durable: true },
    );
    if (replaced !== undefined) rmSync(this.#file(String(replaced["id"])), { force: true });
    return record;
  }

  /** Forgets a secret. Containers that were made with it keep what it said. */
  remove({ id }: Pick<SecretRecord, "id">): void {
    const { database } = this.#parts;
    this.#parts.prepare();
    database.write(() => database.run("DELETE FROM secrets WHERE id = ?", id), {
      frees: true,
      durable: true,
    });
    rmSync(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#parts.paths.secrets, id);
  }
}

export interface PutSecretOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly now: Date;
  readonly replace?: boolean;
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
