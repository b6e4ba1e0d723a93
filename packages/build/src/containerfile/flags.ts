import { SyntaxProblem } from "./errors.ts";
import { nearestWord } from "./suggest.ts";
import type { Flag } from "./words.ts";

/** Which flags an instruction takes: with a value, with one or more values, or on/off. */
export type FlagTable = Readonly<Record<string, "value" | "values" | "boolean">>;

export interface FlagValues {
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  boolean(name: string): boolean | undefined;
}

/**
 * Checks an instruction's flags against its table.
 *
 * @throws {SyntaxProblem} for a flag that is unknown, given twice, or lacks its value.
 */
export function readFlags(keyword: string, flags: readonly Flag[], table: FlagTable): FlagValues {
  const found = new Map<string, string[]>();
  for (const { name, value } of flags) {
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) throw new SyntaxProblem(unknownFlag(keyword, name, table));
    const previous = found.get(name);
    if (previous !== undefined && kind !== "values")
      throw new SyntaxProblem(`duplicate flag specified: --${name}`);
    if (kind !== "boolean" && value === undefined)
      throw new SyntaxProblem(`missing a value on flag: --${name}`);
    if (kind === "boolean" && value !== undefined && !/^(?:true|false)$/i.test(value))
      throw new SyntaxProblem(`expecting boolean value for flag --${name}, not: ${value}`);
    found.set(name, [...(previous ?? []), value ?? "true"]);
  }
  return {
    value: (name) => found.get(name)?.at(-1),
    values: (name) => found.get(name) ?? [],
    boolean: (name) => {
      const value = found.get(name)?.at(-1);
      return value === undefined ? undefined : value.toLowerCase() === "true";
    },
  };
}

function unknownFlag(keyword: string, name: string, table: FlagTable): string {
  const known = Object.keys(table);
  if (known.length === 0) return `${keyword} takes no flags, but has --${name}`;
  const near = nearestWord(name, known);
  return `unknown flag of ${keyword}: --${name}${near === undefined ? `; it takes ${known.map((flag) => `--${flag}`).join(" ")}` : `; did you mean --${near}?`}`;
}
