import { UnknownCommandError, UsageError } from "./errors.ts";
import { flagTable, type FlagTable } from "./flag-table.ts";
import type { Program } from "./program.ts";
import type { Sibling } from "./sibling.ts";

/** What a whole command line asks for. */
export type Lookup =
  | { readonly kind: "command"; readonly id: string; readonly argv: readonly string[] }
  /** Help of the program ("") or of a group of commands. */
  | { readonly kind: "help"; readonly topic: string }
  | { readonly kind: "sibling"; readonly sibling: Sibling }
  | { readonly kind: "version" }
  /** A group was named without a command of it. */
  | { readonly kind: "group"; readonly topic: string };

/**
 * Finds the command in a command line. Global flags before its name are moved behind it, where the command's own
 * parser reads them.
 *
 * @throws {UnknownCommandError | UsageError}
 */
export function lookUp(argv: readonly string[], program: Program, calledAs: string): Lookup {
  const start = commandStart(argv, flagTable(program.globalFlags));
  const globals = argv.slice(0, start);
  const [first, ...rest] = argv.slice(start);
  if (first === undefined || first.startsWith("-")) return withoutCommand(first, calledAs);
  if (first === "help" && !("help" in program.commands)) return helpOf(rest, program, calledAs);
  return named([first, ...rest], globals, program, calledAs);
}

/** Index of the first word that is neither a global flag nor the value of one. */
export function commandStart(argv: readonly string[], globals: FlagTable): number {
  let index = 0;
  for (;;) {
    const word = argv[index];
    const entry = word === undefined ? undefined : globals.get(word.split("=", 1)[0] ?? "");
    if (word === undefined || entry === undefined) return index;
    const valueFollows = entry.takesValue && entry.bareValue === undefined && !word.includes("=");
    index += valueFollows ? 2 : 1;
  }
}

function withoutCommand(word: string | undefined, calledAs: string): Lookup {
  if (word === undefined) return { kind: "group", topic: "" };
  if (word === "--version" || word === "-v") return { kind: "version" };
  if (word === "--help" || word === "-h") return { kind: "help", topic: "" };
  const name = word.split("=", 1)[0] ?? word;
  const message = name.startsWith("--")
    ? `unknown flag: ${name}`
    : `unknown shorthand flag: '${name.charAt(1)}' in ${word}`;
  throw new UsageError(message, calledAs);
}

function helpOf(words: readonly string[], program: Program, calledAs: string): Lookup {
  if (words.length === 0) return { kind: "help", topic: "" };
  const found = named([...words, "--help"], [], program, calledAs);
  return found.kind === "group" ? { kind: "help", topic: found.topic } : found;
}

function named(
  words: readonly string[],
  globals: readonly string[],
  program: Program,
  calledAs: string,
): Lookup {
  for (const length of [3, 2, 1]) {
    const id = words.slice(0, length).join(" ");
    if (words.length >= length && Object.hasOwn(program.commands, id)) {
      return { kind: "command", id, argv: [...globals, ...words.slice(length)] };
    }
  }
  const [first = "", second] = words;
  const sibling = program.siblings?.[first];
  if (sibling !== undefined && (sibling.words.length > 0 || isCommandWord(second))) {
    const grouped = sibling.words.length > 0 ? calledAs : `${calledAs} ${first}`;
    const argv = [...globals, ...sibling.words, ...words.slice(1)];
    return { kind: "sibling", sibling: { program: sibling.program, argv, calledAs: grouped } };
  }
  if (!Object.hasOwn(program.topics, first) && sibling === undefined) {
    throw new UnknownCommandError(calledAs, first, "", suggestions(first, program));
  }
  if (second === undefined) return { kind: "group", topic: first };
  if (second === "--help" || second === "-h") return { kind: "help", topic: first };
  throw new UnknownCommandError(
    calledAs,
    `${first} ${second}`,
    first,
    suggestions(`${first} ${second}`, program),
  );
}

function isCommandWord(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith("-");
}

/** Commands that may have been meant: two edits away at most, or the typed text begins their name (as cobra does). */
function suggestions(typed: string, { commands, topics, siblings = {} }: Program): string[] {
  const depth = typed.split(" ").length;
  return [...new Set([commands, topics, siblings].flatMap((record) => Object.keys(record)))]
    .filter((id) => id.split(" ").length === depth)
    .filter((id) => id.startsWith(typed) || editDistance(typed, id) <= 2)
    .sort();
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 0; i < left.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const replaced = (row[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
