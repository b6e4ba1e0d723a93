import { SyntaxProblem } from "./errors.ts";
import { fitsWhole, itself, type PatternPart } from "./wildcards.ts";

/**
 * Whether a name fits a pattern by the rules of Go's `filepath.Match`: `*` and `?` do not match a slash, `[a-z]` and
 * `[^a-z]` are sets, a backslash takes the meaning from the next character. The whole name must fit.
 *
 * @throws {SyntaxProblem} for a pattern that cannot be read.
 */
export function fileMatch(pattern: string, name: string): boolean {
  return fitsWhole(fileMatchParts(pattern), name);
}

const isNoSlash = (character: string) => character !== "/";

/** The parts of such a pattern. */
export function fileMatchParts(pattern: string): PatternPart[] {
  const characters = Array.from(pattern);
  const parts: PatternPart[] = [];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") parts.push({ kind: "many", fits: isNoSlash });
    else if (character === "?") parts.push({ kind: "one", fits: isNoSlash });
    else if (character === "\\") parts.push(itself(required(characters[++index])));
    else if (character === "[") {
      const set = characterSet(characters, index + 1);
      parts.push({ kind: "one", fits: set.fits });
      index = set.end;
    } else parts.push(itself(character));
  }
  return parts;

  function required(character: string | undefined): string {
    if (character === undefined) throw new SyntaxProblem(`invalid pattern ${JSON.stringify(pattern)}`);
    return character;
  }

  /** Reads from after `[`; `end` is the place of `]`. Go's sets never match the separator. */
  function characterSet(
    all: readonly string[],
    start: number,
  ): { fits: (character: string) => boolean; end: number } {
    let position = start;
    const negated = all[position] === "^";
    if (negated) position++;
    const ranges: (readonly [low: number, high: number])[] = [];
    for (let first = true; first || all[position] !== "]"; first = false) {
      const low = setCharacter();
      let high = low;
      if (all[position] === "-") {
        position++;
        high = setCharacter();
      }
      ranges.push([low, high]);
    }
    const fits = (character: string) => {
      const code = codeOf(character);
      return isNoSlash(character) && ranges.some(([low, high]) => low <= code && code <= high) !== negated;
    };
    return { fits, end: position };

    function setCharacter(): number {
      let character = required(all[position++]);
      if (character === "-" || character === "]") required(undefined);
      if (character === "\\") character = required(all[position++]);
      required(all[position]);
      return codeOf(character);
    }
  }
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
