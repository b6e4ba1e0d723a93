import { fittingEnds, itself, type PatternPart } from "./wildcards.ts";

/** The value without the shortest (or longest) beginning that fits a shell pattern, as `${v#p}` and `${v##p}`. */
export function removePrefix(value: string, pattern: string, { longest }: { longest: boolean }): string {
  const characters = Array.from(value);
  const end = fittingEnds(partsOf(pattern), characters).at(longest ? -1 : 0) ?? 0;
  return characters.slice(end).join("");
}

/** The value without the shortest (or longest) end that fits a shell pattern, as `${v%p}` and `${v%%p}`. */
export function removeSuffix(value: string, pattern: string, { longest }: { longest: boolean }): string {
  const backwards = Array.from(value).reverse();
  const end = fittingEnds(partsOf(pattern).reverse(), backwards).at(longest ? -1 : 0) ?? 0;
  return backwards.slice(end).reverse().join("");
}

/** The value with the first (or every) longest piece that fits the pattern replaced, as `${v/p/r}` and `${v//p/r}`. */
export function replacePattern(
  value: string,
  pattern: string,
  replacement: string,
  { all }: { all: boolean },
): string {
  const parts = partsOf(pattern);
  const characters = Array.from(value);
  let result = "";
  let lastEnd = -1; // nothing, right behind a piece, is no other piece
  for (let position = 0; position <= characters.length;) {
    const end = fittingEnds(parts, characters, position).at(-1);
    if (end !== undefined && (end > position || position !== lastEnd)) {
      result += replacement;
      if (!all) return result + characters.slice(end).join("");
      lastEnd = end;
      if (end > position) {
        position = end;
        continue;
      }
    }
    result += characters[position++] ?? "";
  }
  return result;
}

const isAny = () => true;

/** `*` and `?` are the only wildcards; a backslash takes their meaning away. */
function partsOf(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") parts.push({ kind: "many", fits: isAny });
    else if (character === "?") parts.push({ kind: "one", fits: isAny });
    else parts.push(itself(character === "\\" ? (characters[++index] ?? "\\") : character));
  }
  return parts;
}
