/** The value without the shortest (or longest) beginning that fits a shell pattern, as `${v#p}` and `${v##p}`. */
export function removePrefix(value: string, pattern: string, { longest }: { longest: boolean }): string {
  const match = new RegExp(`^(?:${regexOf(pattern, longest)})`, "su").exec(value);
  return match === null ? value : value.slice(match[0].length);
}

/** The value without the shortest (or longest) end that fits a shell pattern, as `${v%p}` and `${v%%p}`. */
export function removeSuffix(value: string, pattern: string, { longest }: { longest: boolean }): string {
  const whole = new RegExp(`^(?:${regexOf(pattern, true)})$`, "su");
  const starts: number[] = [0];
  for (const character of value) starts.push((starts.at(-1) ?? 0) + character.length);
  const fitting = starts.filter((start) => whole.test(value.slice(start)));
  const start = longest ? fitting[0] : fitting.at(-1);
  return start === undefined ? value : value.slice(0, start);
}

/** The value with the first (or every) longest piece that fits the pattern replaced, as `${v/p/r}` and `${v//p/r}`. */
export function replacePattern(
  value: string,
  pattern: string,
  replacement: string,
  { all }: { all: boolean },
): string {
  return value.replace(new RegExp(regexOf(pattern, true), all ? "gsu" : "su"), () => replacement);
}

/** `*` and `?` are the only wildcards; a backslash takes their meaning away. */
function regexOf(pattern: string, greedy: boolean): string {
  let regex = "";
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") regex += greedy ? ".*" : ".*?";
    else if (character === "?") regex += ".";
    else if (character === "\\") regex += literal(characters[++index] ?? "\\");
    else regex += literal(character);
  }
  return regex;
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
