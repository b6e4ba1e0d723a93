import { UsageError } from "./errors.ts";
import type { FlagEntry, FlagTable } from "./flag-table.ts";

/** A command line taken apart as Go's pflag does it. */
export interface NormalArgv {
  /** Each flag once or, where `multiple`, as often as typed; in the order of typing. */
  readonly flags: readonly { readonly entry: FlagEntry; readonly value: string | boolean }[];
  readonly positionals: readonly string[];
  /** Whether `--help` was among the flags. */
  readonly help: boolean;
}

export interface ArgvRules {
  readonly table: FlagTable;
  /** Whether flags are still read after the first positional; not for `run`, whose rest belongs to the container. */
  readonly interspersed: boolean;
  /** The command as typed, "podman ps", for messages. */
  readonly commandPath: string;
}

/**
 * Takes a command line apart: combined short flags, values with `=` or glued on or next, `--flag=false`,
 * `--`. Of a flag given more than once the last use counts, unless it is `multiple`.
 *
 * @throws {UsageError} in pflag's words.
 */
export function normaliseArgv(argv: readonly string[], rules: ArgvRules): NormalArgv {
  const reader = new ArgvReader(argv, rules);
  while (reader.step());
  return { flags: lastUses(reader.flags), positionals: reader.positionals, help: reader.help };
}

class ArgvReader {
  readonly flags: { entry: FlagEntry; value: string | boolean }[] = [];
  readonly positionals: string[] = [];
  help = false;
  readonly #rest: string[];
  readonly #rules: ArgvRules;

  constructor(argv: readonly string[], rules: ArgvRules) {
    this.#rest = [...argv];
    this.#rules = rules;
  }

  /** Reads one word and the value that belongs to it; false at the end. */
  step(): boolean {
    const word = this.#rest.shift();
    if (word === undefined) return false;
    if (word === "--") this.positionals.push(...this.#rest.splice(0));
    else if (word.startsWith("--")) this.#readLong(word);
    else if (word.startsWith("-") && word !== "-") this.#readShorts(word.slice(1), word);
    else {
      this.positionals.push(word);
      if (!this.#rules.interspersed) this.positionals.push(...this.#rest.splice(0));
    }
    return true;
  }

  #readLong(word: string): void {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word : word.slice(0, equals);
    const given = equals === -1 ? undefined : word.slice(equals + 1);
    const entry = this.#rules.table.get(name);
    if (entry !== undefined) {
      this.#add(entry, given ?? this.#implied(entry) ?? this.#next(`flag needs an argument: ${name}`));
    } else if (name === "--help") this.help = true;
    else this.#refuse(`unknown flag: ${name}`);
  }

  #readShorts(letters: string, word: string): void {
    for (let index = 0; index < letters.length; index++) {
      const letter = letters.charAt(index);
      const entry = this.#rules.table.get(`-${letter}`);
      if (entry === undefined && letter === "h") {
        this.help = true;
        return;
      }
      if (entry === undefined) this.#refuse(`unknown shorthand flag: '${letter}' in ${word}`);
      const after = letters.slice(index + 1);
      if (after.startsWith("=")) return this.#add(entry, after.slice(1));
      const implied = this.#implied(entry);
      if (implied === undefined) {
        if (after !== "") return this.#add(entry, after);
        return this.#add(entry, this.#next(`flag needs an argument: '${letter}' in ${word}`));
      }
      this.#add(entry, implied);
    }
  }

  /** The value of a flag that stands alone. */
  #implied(entry: FlagEntry): string | undefined {
    return entry.takesValue ? entry.bareValue : "true";
  }

  #next(complaint: string): string {
    return this.#rest.shift() ?? this.#refuse(complaint);
  }

  #add(entry: FlagEntry, text: string): void {
    this.flags.push({ entry, value: entry.takesValue ? text : this.#parseBoolean(entry, text) });
  }

  #parseBoolean(entry: FlagEntry, text: string): boolean {
    if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
    if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
    const quoted = JSON.stringify(text);
    return this.#refuse(
      `invalid argument ${quoted} for ${flagLabel(entry)} flag: strconv.ParseBool: parsing ${quoted}: invalid syntax`,
    );
  }

  #refuse(message: string): never {
    throw new UsageError(message, this.#rules.commandPath);
  }
}

/** A flag in pflag's messages: `"-a, --all"`. */
export function flagLabel({ char, name }: Pick<FlagEntry, "char" | "name">): string {
  return char === undefined ? `"--${name}"` : `"-${char}, --${name}"`;
}

function lastUses<T extends { readonly entry: FlagEntry }>(flags: readonly T[]): T[] {
  return flags.filter(
    ({ entry }, index) => entry.multiple || !flags.slice(index + 1).some((later) => later.entry === entry),
  );
}
