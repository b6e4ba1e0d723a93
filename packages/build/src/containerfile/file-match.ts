import { SyntaxProblem } from "./errors.ts";

/**
 * Whether a name fits a pattern by the rules of Go's `filepath.Match`: `*` and `?` do not match a slash, `[a-z]` and
 * `[^a-z]` are sets, a backslash takes the meaning from the next character. The whole name must fit.
 *
 * @throws {SyntaxProblem} for a pattern that cannot be read.
 */
export function fileMatch(pattern: string, name: string): boolean {
  return new RegExp(`^${fileMatchRegex(pattern)}$`, "su").test(name);
}

/** The pattern as a regular expression without anchors. */
export function fileMatchRegex(pattern: string): string {
  const characters = Array.from(pattern);
  let regex = "";
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") regex += "[^/]*";
    else if (character === "?") regex += "[^/]";
    else if (character === "\\") regex += literal(required(characters[++index]));
    else if (character === "[") {
      const set = characterSet(characters, index + 1);
      regex += set.regex;
      index = set.end;
    } else regex += literal(character);
  }
  return regex;

  function required(character: string | undefined): string {
    if (character === undefined) throw badPattern(pattern);
    return character;
  }

  /** Reads from after `[`; `end` is the place of `]`. */
  function characterSet(all: readonly string[], start: number): { regex: string; end: number } {
    let position = start;
    const negated = all[position] === "^";
    if (negated) position++;
    let set = "";
    for (let first = true; first || all[position] !== "]"; first = false) {
      const low = setCharacter();
      let high = low;
      if (all[position] === "-") {
        position++;
        high = setCharacter();
      }
      if (low <= high) set += `${setMember(low)}-${setMember(high)}`;
    }
    // an empty range such as [z-a] fits nothing; Go's sets never match the separator
    const regexOfSet = negated
      ? set === ""
        ? "[^/]"
        : `(?!/)[^${set}]`
      : set === ""
        ? "(?!)"
        : `(?!/)[${set}]`;
    return { regex: regexOfSet, end: position };

    function setCharacter(): string {
      let character = required(all[position++]);
      if (character === "-" || character === "]") throw badPattern(pattern);
      if (character === "\\") character = required(all[position++]);
      required(all[position]);
      return character;
    }
  }
}

/** A character that stands for itself in a regular expression. */
export function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function setMember(character: string): string {
  return /[\\^[\]-]/.test(character) ? `\\${character}` : character;
}

function badPattern(pattern: string): SyntaxProblem {
  return new SyntaxProblem(`invalid pattern ${JSON.stringify(pattern)}`);
}
