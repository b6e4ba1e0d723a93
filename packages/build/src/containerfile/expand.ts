import type { EscapeCharacter } from "./directives.ts";
import { SyntaxProblem } from "./errors.ts";
import { removePrefix, removeSuffix, replacePattern } from "./shell-pattern.ts";

/** Where variables get their values: undefined means unset, which is not the same as empty. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  readonly escape?: EscapeCharacter;
  /** Keep quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keep escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are characters like any other, as in the body of a heredoc. */
  readonly ignoreQuotes?: boolean;
  /** Leave variables without a value as they are written. */
  readonly keepUnset?: boolean;
}

/**
 * One word with its variables replaced and its quotes removed, by the rules of BuildKit's shell lexer:
 * `$v`, `${v}`, and `${v…}` with `-` `:-` `+` `:+` `?` `:?` `#` `##` `%` `%%` `/` `//`.
 *
 * @throws {SyntaxProblem} for a quote or brace that is not closed, an unknown modifier, or a failed `?`.
 */
export function expandWord(text: string, lookup: Lookup, options: ExpandOptions = {}): string {
  return new Expansion(text, lookup, options).run().text;
}

/** The words of a line, expanded; a variable outside of quotes can give several words. */
export function expandWords(text: string, lookup: Lookup, options: ExpandOptions = {}): string[] {
  return new Expansion(text, lookup, options).run().words;
}

const SPECIAL = new Set(["@", "*", "#", "?", "-", "$", "!", "0"]);
const DIGIT = /^\p{Nd}$/u;
const NAME = /^[\p{L}\p{Nd}_]$/u;

class Expansion {
  readonly #characters: readonly string[];
  readonly #lookup: Lookup;
  readonly #options: ExpandOptions;
  readonly #escape: string;
  #rawEscapes: boolean;
  #position = 0;

  constructor(text: string, lookup: Lookup, options: ExpandOptions) {
    this.#characters = Array.from(text);
    this.#lookup = lookup;
    this.#options = options;
    this.#escape = options.escape ?? "\\";
    this.#rawEscapes = options.rawEscapes ?? false;
  }

  run(): { text: string; words: string[] } {
    return this.#until(undefined, this.#rawEscapes);
  }

  get #next(): string | undefined {
    return this.#characters[this.#position];
  }

  #take(): string | undefined {
    return this.#characters[this.#position++];
  }

  #until(stop: string | undefined, rawEscapes: boolean): { text: string; words: string[] } {
    const outer = this.#rawEscapes;
    this.#rawEscapes = rawEscapes || outer;
    let text = "";
    const words = new Words();
    while (this.#next !== undefined) {
      const character = this.#next;
      if (character === stop) {
        this.#position++;
        this.#rawEscapes = outer;
        return { text, words: words.finish() };
      }
      if (character === "$") {
        const value = this.#dollar();
        text += value;
        words.add(value);
      } else if (!this.#options.ignoreQuotes && (character === "'" || character === '"')) {
        const value = character === "'" ? this.#singleQuoted() : this.#doubleQuoted();
        text += value;
        words.addRaw(value);
      } else {
        this.#position++;
        if (character !== this.#escape) {
          text += character;
          words.add(character);
          continue;
        }
        const escaped = (this.#rawEscapes ? character : "") + (this.#take() ?? "");
        text += escaped;
        words.addRaw(escaped, escaped !== "");
      }
    }
    if (stop !== undefined)
      throw new SyntaxProblem(
        stop === "}" ? "syntax error: missing '}'" : `syntax error: missing '${stop}' in substitution`,
      );
    return { text, words: words.finish() };
  }

  #singleQuoted(): string {
    const start = this.#position++;
    const end = this.#characters.indexOf("'", this.#position);
    if (end < 0)
      throw new SyntaxProblem("unexpected end of statement while looking for matching single-quote");
    this.#position = end + 1;
    const raw = this.#options.rawQuotes ?? false;
    return this.#characters.slice(raw ? start : start + 1, raw ? end + 1 : end).join("");
  }

  #doubleQuoted(): string {
    const quote = this.#options.rawQuotes ? '"' : "";
    let text = quote;
    this.#position++;
    for (;;) {
      const character = this.#next;
      if (character === undefined)
        throw new SyntaxProblem("unexpected end of statement while looking for matching double-quote");
      if (character === "$") {
        text += this.#dollar();
        continue;
      }
      this.#position++;
      if (character === '"') return text + quote;
      if (character !== this.#escape) {
        text += character;
        continue;
      }
      if (this.#rawEscapes) text += character;
      const next = this.#next;
      if (next === '"' || next === "$" || next === this.#escape) {
        text += next;
        this.#position++;
      } else if (next !== undefined && !this.#rawEscapes) {
        text += character;
      }
    }
  }

  #dollar(): string {
    this.#position++;
    if (this.#next !== "{") {
      const name = this.#name();
      if (name === "") return "$";
      return this.#lookup(name) ?? (this.#options.keepUnset ? `$${name}` : "");
    }
    this.#position++;
    const first = this.#characters[this.#position];
    if (first === undefined) throw new SyntaxProblem("syntax error: missing '}'");
    if ("{}:".includes(first)) throw new SyntaxProblem("syntax error: bad substitution");
    const name = this.#name();
    const value = this.#lookup(name);
    let modifier = this.#take();
    switch (modifier) {
      case "}":
        return value ?? (this.#options.keepUnset ? `\${${name}}` : "");
      case "/":
        return this.#replacement(value ?? "");
      case ":":
        modifier = this.#take();
        return this.#modified(name, value === "" ? undefined : value, `:${modifier ?? ""}`, value);
      case undefined:
        throw new SyntaxProblem("syntax error: missing '}'");
      default:
        return this.#modified(name, value, modifier, value);
    }
  }

  /** `value` is what the modifier tests: for the forms with a colon, empty counts as unset. */
  #modified(name: string, value: string | undefined, modifier: string, actual: string | undefined): string {
    const operator = modifier.at(-1) ?? "";
    if (!"-+?#%".includes(operator) || modifier === ":")
      throw new SyntaxProblem(`unsupported modifier (${modifier}) in substitution`);
    const word = this.#until("}", operator === "#" || operator === "%").text;
    switch (operator) {
      case "-":
        return value ?? word;
      case "+":
        return value === undefined ? "" : word;
      case "?": {
        if (value !== undefined) return value;
        const complaint =
          word === "" ? `is not allowed to be ${actual === undefined ? "unset" : "empty"}` : word;
        throw new SyntaxProblem(`${name}: ${complaint}`);
      }
      case "#":
        return removePrefix(actual ?? "", word.replace(/^#/, ""), { longest: word.startsWith("#") });
      default:
        return removeSuffix(actual ?? "", word.replace(/^%/, ""), { longest: word.startsWith("%") });
    }
  }

  #replacement(value: string): string {
    const all = this.#next === "/";
    if (all) this.#position++;
    const pattern = this.#until("/", true).text;
    const replacement = this.#until("}", true).text;
    return replacePattern(value, pattern, replacement, { all });
  }

  #name(): string {
    const first = this.#next ?? "";
    const start = this.#position;
    if (DIGIT.test(first)) while (DIGIT.test(this.#next ?? "")) this.#position++;
    else if (SPECIAL.has(first)) this.#position++;
    else while (NAME.test(this.#next ?? "")) this.#position++;
    return this.#characters.slice(start, this.#position).join("");
  }
}

/** Collects words: blanks of expanded text separate them, blanks that were quoted or escaped do not. */
class Words {
  readonly #words: string[] = [];
  #word = "";
  #inWord = false;

  add(text: string): void {
    for (const character of text) {
      if (/\s/.test(character)) this.#end();
      else this.addRaw(character);
    }
  }

  addRaw(text: string, starts = true): void {
    this.#word += text;
    this.#inWord ||= starts;
  }

  finish(): string[] {
    this.#end();
    return this.#words;
  }

  #end(): void {
    if (this.#inWord) this.#words.push(this.#word);
    this.#word = "";
    this.#inWord = false;
  }
}
