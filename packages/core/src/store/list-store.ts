import { randomHex } from "../io/index.ts";
import type { Digest, ImageIndex } from "../oci/index.ts";
import {
  formatReference,
  isShortName,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../reference/index.ts";
import type { Row, StateDatabase } from "./database.ts";
import { ListExistsError } from "./errors.ts";
import type { Pins } from "./pins.ts";

/** An index of several images in the store. */
export interface StoredList {
  /** 64 hex digits; stays the same whatever is added. */
  readonly id: string;
  readonly names: readonly string[];
  /** RFC 3339. */
  readonly created: string;
  readonly index: ImageIndex;
}

export interface ListStoreParts {
  readonly database: StateDatabase;
  readonly pins: Pins;
  readonly prepare: () => void;
}

/** The manifest lists of the store. What they name is kept where it is here; it may also be in a registry only. */
export class ListStore {
  readonly #parts: ListStoreParts;

  constructor(parts: ListStoreParts) {
    this.#parts = parts;
  }

  /** All lists, the newest first. */
  list(): StoredList[] {
    return this.#parts.database
      .all("SELECT * FROM lists ORDER BY created DESC, id")
      .map((row) => this.#fromRow(row));
  }

  /** The list of that name (of a short one first `localhost/NAME`), ID, or beginning of an ID. */
  find(text: string): StoredList | undefined {
    const { database } = this.#parts;
    const hex = /^(?:sha256:)?([a-f0-9]{3,64})$/.exec(text)?.[1];
    for (const name of namesOf(text)) {
      const row = database.get("SELECT lists.* FROM lists JOIN list_names USING (id) WHERE name = ?", name);
      if (row !== undefined) return this.#fromRow(row);
    }
    if (hex === undefined) return undefined;
    const rows = database.all("SELECT * FROM lists WHERE id GLOB ?", `${hex}*`);
    return rows.length === 1 && rows[0] !== undefined ? this.#fromRow(rows[0]) : undefined;
  }

  /** Makes a list under a name that no list has. @throws {ListExistsError} */
  create(name: Reference, index: ImageIndex, refs: readonly Digest[] = []): StoredList {
    const { database } = this.#parts;
    this.#parts.prepare();
    const id = randomHex(32);
    const text = formatReference(withDefaultTag(name));
    const created = new Date().toISOString();
    database.write(
      () => {
        if (database.get("SELECT 1 FROM list_names WHERE name = ?", text) !== undefined)
          throw new ListExistsError(text);
        database.run("INSERT INTO lists VALUES (?, ?, ?)", id, created, JSON.stringify(index));
        database.run("INSERT INTO list_names VALUES (?, ?)", text, id);
        this.#refer(id, refs);
      },
      { durable: true },
    );
    return { id, names: [text], created, index };
  }

  /** Replaces what a list says, and what of the store it needs. */
  update(id: string, index: ImageIndex, refs: readonly Digest[]): void {
    const { database } = this.#parts;
    database.write(
      () => {
        database.run("UPDATE lists SET content = ? WHERE id = ?", JSON.stringify(index), id);
        database.run("DELETE FROM list_refs WHERE id = ?", id);
        this.#refer(id, refs);
      },
      { durable: true },
    );
  }

  /** The blobs and layers of the store that a list keeps. */
  refs(id: string): Digest[] {
    return this.#parts.database
      .all("SELECT digest FROM list_refs WHERE id = ?", id)
      .map(({ digest }) => String(digest) as Digest);
  }

  /** Gives the list one more name, which another list may lose by it. */
  tag(id: string, name: Reference): void {
    const { database } = this.#parts;
    database.write(
      () => {
        database.run(
          "INSERT INTO list_names VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
          formatReference(withDefaultTag(name)),
          id,
        );
      },
      { durable: true },
    );
  }

  /** Removes a list; the images it names stay. */
  remove(id: string): void {
    const { database } = this.#parts;
    database.write(() => database.run("DELETE FROM lists WHERE id = ?", id), { durable: true, frees: true });
  }

  #refer(id: string, refs: readonly Digest[]): void {
    for (const digest of refs)
      this.#parts.database.run("INSERT OR IGNORE INTO list_refs VALUES (?, ?)", id, digest);
    this.#parts.pins.release([...refs]);
  }

  #fromRow(row: Row): StoredList {
    const id = String(row["id"]);
    return {
      id,
      names: this.#parts.database
        .all("SELECT name FROM list_names WHERE id = ? ORDER BY name", id)
        .map(({ name }) => String(name)),
      created: String(row["created"]),
      index: JSON.parse(String(row["content"])) as ImageIndex,
    };
  }
}

function namesOf(text: string): string[] {
  if (/^(?:sha256:)?[a-f0-9]{64}$/.test(text)) return [];
  const names = isShortName(text) ? [`localhost/${text}`, text] : [text];
  return names.map((name) => formatReference(withDefaultTag(parseReference(name))));
}
