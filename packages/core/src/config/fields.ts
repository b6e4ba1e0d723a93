import { InvalidConfigurationError } from "./errors.ts";
import type { Table } from "./toml-file.ts";

/** Reads fields of one table and complains with file and name about those of a wrong type. */
export class Fields {
  readonly #table: Table;
  readonly #path: string;
  readonly #prefix: string;

  constructor(path: string, table: Table, prefix = "") {
    this.#path = path;
    this.#table = table;
    this.#prefix = prefix;
  }

  string(name: string): string | undefined {
    return this.#read(name, "a string", (value): value is string => typeof value === "string");
  }

  boolean(name: string): boolean | undefined {
    return this.#read(name, "true or false", (value): value is boolean => typeof value === "boolean");
  }

  integer(name: string): number | undefined {
    return this.#read(name, "a whole number", (value): value is number => Number.isSafeInteger(value));
  }

  strings(name: string): readonly string[] | undefined {
    return this.#read(name, "a list of strings", isStrings);
  }

  /** One of a few words. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.string(name);
    if (value === undefined || value === "") return undefined;
    const word = words.find((candidate) => candidate === value);
    if (word === undefined)
      this.fail(`${this.#prefix}${name} is ${JSON.stringify(value)}, which is none of ${words.join(", ")}`);
    return word;
  }

  /** A table inside; an empty one when there is none. */
  table(name: string): Fields {
    const value = this.#read(name, "a table", isTable);
    return new Fields(this.#path, value ?? {}, `${this.#prefix}${name}.`);
  }

  /** A list of tables, [[name]]. */
  tables(name: string): Fields[] {
    const values = this.#read(name, "a list of tables", isTables);
    return (values ?? []).map((value) => new Fields(this.#path, value, `${this.#prefix}${name}.`));
  }

  names(): string[] {
    return Object.keys(this.#table);
  }

  fail(why: string): never {
    throw new InvalidConfigurationError(this.#path, why);
  }

  #read<T>(name: string, expected: string, fits: (value: unknown) => value is T): T | undefined {
    const value = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (value === undefined) return undefined;
    if (!fits(value)) this.fail(`${this.#prefix}${name} must be ${expected}`);
    return value;
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isTables(value: unknown): value is readonly Table[] {
  return Array.isArray(value) && value.every(isTable);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
