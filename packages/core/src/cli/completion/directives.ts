/** What the shell shall do besides, in cobra's bits: no blank behind the word, no files where nothing fits, folders only. */
export const NO_SPACE = 2;
export const NO_FILES = 4;
export const FOLDERS = 16;

/** cobra's names of its bits, in its order. */
const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [NO_SPACE, "NoSpace"],
  [NO_FILES, "NoFileComp"],
  [FOLDERS, "FilterDirs"],
];

/** A sum of directives in cobra's words: `ShellCompDirectiveNoSpace, ShellCompDirectiveNoFileComp`. */
export function directiveText(directive: number): string {
  const names = NAMES.filter(([bit]) => (directive & bit) !== 0).map(([, name]) => name);
  return (names.length === 0 ? ["Default"] : names).map((name) => `ShellCompDirective${name}`).join(", ");
}
