import { WherryError } from "@wherry/core/error";

/** A YAML mapping. */
export type Fields = ReadonlyMap<string, unknown>;

const YES = /^(?:true|yes|on|y)$/i;
const NO = /^(?:false|no|off|n)$/i;

/** Reads values of a YAML file as what they should be. What is none of that is a problem, told with its path in the file. */
export class YamlValues {
  readonly #root: string;
  readonly #problems: string[];

  /** @param root stands before each path @param problems where they are added */
  constructor(root: string, problems: string[]) {
    this.#root = root;
    this.#problems = problems;
  }

  fieldsOf(path: readonly string[], value: unknown): Fields {
    if (isFields(value)) return value;
    if (!isNothing(value)) this.problem(path, "keys with values are expected");
    return new Map();
  }

  checkKeys(path: readonly string[], fields: Fields, known: readonly string[]): void {
    for (const key of fields.keys())
      if (!known.includes(key)) this.problem([...path, key], `unknown key, not one of ${known.join(", ")}`);
  }

  textOf(path: readonly string[], value: unknown): string | undefined {
    if (typeof value === "string") return value;
    this.problem(path, "a text is expected");
    return undefined;
  }

  optionalText(path: readonly string[], value: unknown): string | undefined {
    return value === undefined ? undefined : this.textOf(path, value);
  }

  /** One text, or a list of them. */
  texts(path: readonly string[], value: unknown): readonly string[] {
    if (isNothing(value)) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((item: unknown) => this.textOf(path, item) ?? []);
  }

  booleanOf(path: readonly string[], value: unknown): boolean | undefined {
    if (isNothing(value)) return undefined;
    if (typeof value === "string" && YES.test(value)) return true;
    if (typeof value === "string" && NO.test(value)) return false;
    this.problem(path, "true or false is expected");
    return undefined;
  }

  count(path: readonly string[], value: unknown): number | undefined {
    if (isNothing(value)) return undefined;
    if (typeof value === "string" && /^[1-9]\d{0,8}$/.test(value)) return Number(value);
    this.problem(path, "a number from 1 on is expected");
    return undefined;
  }

  /** What the work gives; a failure of it is a problem. */
  attempt<T>(path: readonly string[], work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WherryError)) throw error;
      this.problem(path, error.message);
      return undefined;
    }
  }

  problem(path: readonly string[], why: string): void {
    this.#problems.push([this.#root, ...path, why].join(": "));
  }
}

/** Whether a value is YAML's null, or not there. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "~" || value === "null";
}

/** Whether a value is a mapping with texts as keys. */
export function isFields(value: unknown): value is Fields {
  return value instanceof Map && [...value.keys()].every((key) => typeof key === "string");
}
