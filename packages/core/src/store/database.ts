import { closeSync, openSync, statSync } from "node:fs";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { FileSystemError } from "../error/index.ts";
import { monotonicMs, sleepSync } from "../io/index.ts";
import { StoreBusyError, StoreDamagedError, StoreTooNewError } from "./errors.ts";
import { isFull, spendReserve } from "./reserve.ts";
import { SCHEMA_VERSION } from "./schema-version.ts";
import { MIGRATIONS } from "./schema.ts";

export type Row = Record<string, SQLOutputValue>;

const BUSY_TIMEOUT_MS = 30_000;
/** Pages of the write-ahead log after which it is moved into the file: every start reads it whole, at 70 µs a page. */
const LOG_PAGES = 64;

/**
 * The store's SQLite file. Reading opens it read-only, and a file that is not there reads as empty; the file is made by the
 * first `write`. The read-only connection stays open beside the writing one: then closing never has to move the
 * write-ahead log into the file, which costs two waits for the disk.
 */
export class StateDatabase implements Disposable {
  readonly path: string;
  readonly #reserve: string;
  #reader: DatabaseSync | undefined;
  #writer: DatabaseSync | undefined;
  #inTransaction = false;
  readonly #statements = new Map<string, StatementSync>();

  /** @param reserve file that gives its room to transactions which free some */
  constructor(path: string, reserve: string) {
    this.path = path;
    this.#reserve = reserve;
  }

  /** All rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#translated(() => this.#statement(sql)?.all(...values) ?? []);
  }

  /** The first row of a query. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#translated(() => this.#statement(sql)?.get(...values));
  }

  /** Runs a statement inside `write`; gives how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    if (!this.#inTransaction) throw new Error("statements that change rows belong inside write()");
    return this.#translated(() => Number(this.#statement(sql)?.run(...values).changes ?? 0));
  }

  /**
   * Runs `work` as one transaction that excludes all other writers of the store, in this process and others.
   * With `durable` the disk has it when this returns. What `frees` room may use the reserve when the disk is full.
   *
   * @throws {FileSystemError | StoreBusyError}
   */
  write<T>(work: () => T, { durable = false, frees = false } = {}): T {
    if (this.#inTransaction) return work();
    try {
      return this.#transaction(work, durable);
    } catch (error) {
      const isOutOfRoom = error instanceof FileSystemError && isFull(error.cause);
      if (!frees || !isOutOfRoom || !spendReserve(this.#reserve)) throw error;
      return this.#transaction(work, durable);
    }
  }

  #transaction<T>(work: () => T, durable: boolean): T {
    return this.#translated(() => {
      const writer = this.#openWriter();
      writer.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
      writer.exec("BEGIN IMMEDIATE");
      this.#inTransaction = true;
      try {
        const result = work();
        writer.exec("COMMIT");
        return result;
      } catch (error) {
        if (writer.isTransaction) writer.exec("ROLLBACK");
        throw error;
      } finally {
        this.#inTransaction = false;
      }
    });
  }

  /** SQLite's own check of the file; an empty list is good news. */
  damage(): string[] {
    try {
      const rows = this.all("PRAGMA quick_check(20)").map((row) => String(row["quick_check"]));
      return rows.filter((row) => row !== "ok");
    } catch (error) {
      if (error instanceof StoreDamagedError) return [error.message];
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#writer?.close();
    this.#reader?.close();
    this.#writer = this.#reader = undefined;
  }

  #statement(sql: string): StatementSync | undefined {
    const connection = this.#writer ?? this.#openReader();
    if (connection === undefined) return undefined;
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #openReader(): DatabaseSync | undefined {
    if (this.#reader !== undefined) return this.#reader;
    if (!isThere(this.path)) return undefined;
    const connection = openReadOnly(this.path);
    const version = this.#versionOf(connection);
    if (version === SCHEMA_VERSION) this.#reader = connection;
    else {
      connection.close();
      if (version > 0) this.#openWriter(); // of an older version: brought up to date; 0 is being made right now
    }
    return this.#reader;
  }

  #openWriter(): DatabaseSync {
    if (this.#writer !== undefined) return this.#writer;
    const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
    closeSync(openSync(this.path, "a", 0o600)); // containers' environment is in it; its journals get its mode
    const writer = new Database(this.path, { timeout: BUSY_TIMEOUT_MS });
    try {
      if (this.#versionOf(writer) < SCHEMA_VERSION) this.#migrate(writer);
      writer.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
      this.#statements.clear();
      this.#openReader();
      this.#writer = writer;
      return writer;
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  #migrate(writer: DatabaseSync): void {
    switchToWriteAheadLog(writer);
    writer.exec("BEGIN IMMEDIATE");
    try {
      for (const step of MIGRATIONS.slice(this.#versionOf(writer))) writer.exec(step);
      writer.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      writer.exec("COMMIT");
    } catch (error) {
      if (writer.isTransaction) writer.exec("ROLLBACK");
      throw error;
    }
  }

  #versionOf(connection: DatabaseSync): number {
    const version = Number(connection.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version <= SCHEMA_VERSION) return version;
    connection.close();
    throw new StoreTooNewError(this.path, version, SCHEMA_VERSION);
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.path);
    }
  }
}

/**
 * Opens a database for reading. Where the folder cannot be written SQLite cannot make its shared memory file; when there
 * also is no write-ahead log to be read through it, the file alone is the whole truth.
 */
function openReadOnly(path: string): DatabaseSync {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const connection = new Database(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    connection.prepare("PRAGMA user_version").get();
    return connection;
  } catch (error) {
    connection.close();
    if (primaryCodeOf(error) === SQLITE_READONLY && hasContent(`${path}-journal`)) {
      rollBack(path);
      return new Database(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    }
    if (primaryCodeOf(error) !== SQLITE_CANTOPEN || hasContent(`${path}-wal`)) throw error;
    const whole = pathToFileURL(path);
    whole.searchParams.set("immutable", "1");
    return new Database(whole, { readOnly: true });
  }
}

/** Takes back the transaction of a process that was killed while it made the file: whoever writes does that. */
function rollBack(path: string): void {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const writer = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  writer.prepare("PRAGMA user_version").get();
  writer.close();
}

/** SQLite refuses the switch, without waiting, while another process does the same. */
function switchToWriteAheadLog(connection: DatabaseSync): void {
  const deadline = monotonicMs() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      connection.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (primaryCodeOf(error) !== SQLITE_BUSY || monotonicMs() > deadline) throw error;
      sleepSync(5);
    }
  }
}

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** SQLite's result code without its extension; undefined for other errors. */
function primaryCodeOf(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && "errcode" in error && typeof error.errcode === "number";
  return isSqlite ? Number(error.errcode) & 0xff : undefined;
}

function translate(error: unknown, path: string): unknown {
  switch (primaryCodeOf(error)) {
    case SQLITE_BUSY:
      return new StoreBusyError(path, error);
    case SQLITE_FULL:
      return new FileSystemError("write", path, withErrno(error, "ENOSPC"));
    case SQLITE_READONLY:
      return new FileSystemError("write", path, withErrno(error, "EROFS"));
    case SQLITE_IOERR:
      return new FileSystemError("use", path, withErrno(error, "EIO"));
    case SQLITE_CANTOPEN:
      return new FileSystemError("open", path, withErrno(error, "EACCES"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new StoreDamagedError(path, error);
    default:
      return error;
  }
}

function withErrno(cause: unknown, code: string): Error {
  return Object.assign(new Error(code, { cause }), { code });
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Whether there is a file; one that this user may not look for is no missing one. @throws {FileSystemError} */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}
