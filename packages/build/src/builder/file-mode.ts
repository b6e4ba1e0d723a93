import { StepProblem } from "./errors.ts";

/** Gives the new mode of a file or directory. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const PERMISSIONS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };

/**
 * Reads the value of `--chmod`: octal (`755`, `0644`, `4755`) or symbolic as chmod(1) has it (`u=rwX,go=rX`, `+x`).
 *
 * @throws {StepProblem}
 */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    const fixed = Number.parseInt(text, 8);
    return () => fixed;
  }
  const clauses = text.split(",").map((clause) => parseClause(clause, text));
  return (mode, isDirectory) => clauses.reduce((current, change) => change(current, isDirectory), mode);
}

function parseClause(clause: string, text: string): ModeChange {
  const [, whoText = "", actions = ""] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause) ?? [];
  if (actions === "")
    throw new StepProblem(
      `invalid mode ${JSON.stringify(text)}`,
      "write it octal, as 0755, or like u=rwX,go=rX",
    );
  const who = Array.from(whoText === "" ? "a" : whoText).reduce(
    (bits, letter) => bits | (WHO[letter] ?? 0),
    0,
  );
  const steps = [...actions.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, operator = "", letters = ""]) => ({
    operator,
    letters,
  }));
  return (mode, isDirectory) =>
    steps.reduce((current, { operator, letters }) => {
      const bits = bitsOf(letters, current, isDirectory) & who;
      if (operator === "+") return current | bits;
      if (operator === "-") return current & ~bits;
      return (current & ~(who & 0o777)) | bits;
    }, mode);
}

function bitsOf(letters: string, mode: number, isDirectory: boolean): number {
  let bits = 0;
  for (const letter of letters) {
    if (letter === "X") bits |= isDirectory || (mode & 0o111) !== 0 ? 0o111 : 0;
    else if (letter === "u") bits |= ((mode >> 6) & 7) * 0o111;
    else if (letter === "g") bits |= ((mode >> 3) & 7) * 0o111;
    else if (letter === "o") bits |= (mode & 7) * 0o111;
    else bits |= PERMISSIONS[letter] ?? 0;
  }
  return bits;
}
