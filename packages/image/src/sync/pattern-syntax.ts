import { InvalidPatternError } from "./errors.ts";
import { classNamed, perlClass, type CharacterSet } from "./character-set.ts";

/** A regular expression as a tree. */
export type Node =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "assert"; readonly at: "start" | "end" | "word" | "no-word" }
  | { readonly kind: "sequence" | "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly least: number; readonly most: number };

/** RE2's limit of counted repetition, and ours of nesting. */
const COUNT_LIMIT = 1000;
const DEPTH_LIMIT = 100;
const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", f: "\f", t: "\t", n: "\n", r: "\r", v: "\v" };

/**
 * Reads a regular expression in Go's syntax. Greedy or not makes no difference to whether something matches.
 *
 * @throws {InvalidPatternError}
 */
export function parsePattern(pattern: string): Node {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #ignoreCase = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw this.#error("unexpected )");
    return node;
  }

  #choice(): Node {
    if (++this.#depth > DEPTH_LIMIT) throw this.#error("expression nests too deeply");
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#depth -= 1;
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#peek())) {
      const atoms = this.#atoms();
      const last = atoms.pop();
      if (last === undefined) continue;
      nodes.push(...atoms, this.#repeated(last));
    }
    return { kind: "sequence", nodes };
  }

  /** One atom; several out of `\Q…\E`, none out of `(?i)`. */
  #atoms(): Node[] {
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return [{ kind: "set", set: this.#bracket() }];
      case ".":
        return [{ kind: "set", set: { contains: (code) => code !== 10 } }];
      case "^":
        return [{ kind: "assert", at: "start" }];
      case "$":
        return [{ kind: "assert", at: "end" }];
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw this.#error(`missing argument to repetition operator: ${character}`);
      default:
        return [this.#literal(character)];
    }
  }

  #group(): Node[] {
    const outer = this.#ignoreCase;
    if (this.#take("?")) {
      const name = /^P?<\w+>/.exec(this.#rest())?.[0];
      if (name !== undefined) this.#at += name.length;
      else if (this.#setFlags()) return [];
    }
    const node = this.#choice();
    if (!this.#take(")")) throw this.#error("missing closing )");
    this.#ignoreCase = outer;
    return [node];
  }

  /** The flags after `(?`; true when they are `(?i)`, which lasts to the end of the group around it. */
  #setFlags(): boolean {
    const [all, on = "", off = "", end] = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#rest()) ?? [];
    if (all === undefined) throw this.#error("invalid or unsupported Perl syntax");
    this.#at += all.length;
    if (on.includes("i")) this.#ignoreCase = true;
    if (off.includes("i")) this.#ignoreCase = false;
    return end === ")";
  }

  #escape(): Node[] {
    const rest = this.#rest();
    const letter = rest[0];
    if (letter === undefined) throw this.#error("trailing backslash at end of expression");
    if (letter === "Q") {
      const end = rest.indexOf("\\E");
      const literal = end < 0 ? rest.slice(1) : rest.slice(1, end);
      this.#at += end < 0 ? rest.length : end + 2;
      return Array.from(literal, (character) => this.#literal(character));
    }
    const places = { A: "start", z: "end", b: "word", B: "no-word" } as const;
    if (letter in places) {
      this.#at += 1;
      return [{ kind: "assert", at: places[letter as keyof typeof places] }];
    }
    const set = perlClass(letter);
    if (set === undefined) return [this.#literal(this.#escapedCharacter())];
    this.#at += 1;
    return [{ kind: "set", set }];
  }

  #escapedCharacter(): string {
    const [hex, short, long] = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#rest()) ?? [];
    if (hex !== undefined) {
      this.#at += hex.length;
      const code = Number.parseInt(short ?? long ?? "", 16);
      if (code > 0x10ffff) throw this.#error("invalid escape sequence");
      return String.fromCodePoint(code);
    }
    const letter = this.#next();
    const special = ESCAPES[letter];
    if (special !== undefined) return special;
    if (letter === "" || /\w/.test(letter)) throw this.#error(`invalid escape sequence: \\${letter}`);
    return letter;
  }

  #bracket(): CharacterSet {
    const isNegated = this.#take("^");
    const parts: CharacterSet[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.#at >= this.#text.length) throw this.#error("missing closing ]");
      parts.push(this.#bracketPart());
    }
    this.#at += 1;
    const ignoreCase = this.#ignoreCase;
    return {
      contains: (code) =>
        (parts.some((part) => part.contains(code)) ||
          (ignoreCase && parts.some((part) => part.contains(otherCase(code))))) !== isNegated,
    };
  }

  #bracketPart(): CharacterSet {
    const name = /^\[:(\^?)(\w+):\]/.exec(this.#rest());
    if (name !== null) {
      const named = classNamed(name[2] ?? "");
      if (named === undefined) throw this.#error(`invalid character class range: ${name[0]}`);
      this.#at += name[0].length;
      return name[1] === "^" ? { contains: (code) => !named.contains(code) } : named;
    }
    const named = this.#peek() === "\\" ? perlClass(this.#text[this.#at + 1] ?? "") : undefined;
    if (named !== undefined) {
      this.#at += 2;
      return named;
    }
    const low = this.#bracketCharacter();
    if (!/^-[^\]]/.test(this.#rest())) return single(low);
    this.#at += 1;
    const [from, to] = [low, this.#bracketCharacter()].map((character) => character.codePointAt(0) ?? 0);
    if (from === undefined || to === undefined || from > to)
      throw this.#error("invalid character class range");
    return { contains: (code) => code >= from && code <= to };
  }

  #bracketCharacter(): string {
    return this.#take("\\") ? this.#escapedCharacter() : this.#next();
  }

  #repeated(atom: Node): Node {
    const counts = this.#counts();
    if (counts === undefined) return atom;
    this.#take("?");
    if (this.#counts() !== undefined) throw this.#error("invalid nested repetition operator");
    return { kind: "repeat", node: atom, ...counts };
  }

  #counts(): { least: number; most: number } | undefined {
    const [all, operator, from, comma, to] = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(this.#rest()) ?? [];
    if (all === undefined) return undefined;
    this.#at += all.length;
    if (operator !== undefined)
      return { least: operator === "+" ? 1 : 0, most: operator === "?" ? 1 : Infinity };
    const least = Number(from);
    const most = to === undefined || to === "" ? (comma === "" ? least : Infinity) : Number(to);
    if (least > COUNT_LIMIT || (most !== Infinity && (most > COUNT_LIMIT || most < least)))
      throw this.#error(`invalid repeat count: ${all}`);
    return { least, most };
  }

  #literal(character: string): Node {
    const set = single(character);
    if (!this.#ignoreCase) return { kind: "set", set };
    return { kind: "set", set: { contains: (code) => set.contains(code) || set.contains(otherCase(code)) } };
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #next(): string {
    const character = this.#peek();
    this.#at += 1;
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  #error(why: string): InvalidPatternError {
    return new InvalidPatternError(this.#text, why);
  }
}

function single(character: string): CharacterSet {
  const wanted = character.codePointAt(0);
  return { contains: (code) => code === wanted };
}

/** The code of an ASCII letter in the other case. */
function otherCase(code: number): number {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code ^ 32 : code;
}
