import type { Interfaces } from "@oclif/core";
import { flagTable, type FlagTable } from "../flag-table.ts";
import { storeOptions } from "../global-flags.ts";
import { commandStart } from "../lookup.ts";
import type { Invocation } from "../invocation.ts";
import type { CommandClass } from "../wherry-command.ts";
import { directiveText, FOLDERS, NO_FILES, NO_SPACE } from "./directives.ts";
import { filterValues } from "./filter-values.ts";
import { argumentKind, flagValues, namesOf, type Kind } from "./values.ts";

interface Choice {
  readonly value: string;
  readonly description?: string;
}

interface Choices {
  readonly choices: readonly Choice[];
  readonly directive: number;
}

/**
 * Answers a shell that completes a command line: one line for each word that may stand there, with a description behind a
 * tab, then `:` and the sum of cobra's directives, which standard error has in words.
 *
 * @param words what was typed behind the program's name; the last is the one to complete
 */
export async function complete(
  words: readonly string[],
  invocation: Invocation,
  describes: boolean,
): Promise<void> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const sibling = siblingOf(before, invocation);
  if (sibling !== undefined) {
    if (before.length === sibling.depth) for (const { value } of groupWords(before, invocation)) show(value);
    await invocation.becomeSibling({ ...sibling, argv: ["__completeNoDesc", ...sibling.argv, current] });
  }
  const { choices, directive } = await choose(before, current, invocation);
  for (const { value, description } of choices) show(value, description);
  invocation.out(`:${directive}\n`);
  invocation.err(`Completion ended with directive: ${directiveText(directive)}\n`);

  function show(value: string, description?: string): void {
    if (!value.startsWith(current)) return;
    const [line = ""] = (description ?? "").split("\n");
    invocation.out(describes && line !== "" ? `${value}\t${line}\n` : `${value}\n`);
  }
}

/** The other program that completes this line: all of `build …`, and of `image …` what is not ours. */
function siblingOf(before: readonly string[], { program, calledAs }: Invocation) {
  const start = commandStart(before, flagTable(program.globalFlags));
  const [first = "", second] = before.slice(start);
  const sibling = program.siblings?.[first];
  if (sibling === undefined) return undefined;
  if (second !== undefined && Object.hasOwn(program.commands, `${first} ${second}`)) return undefined;
  return {
    depth: start + 1,
    program: sibling.program,
    argv: [...sibling.words, ...before.slice(start + 1)],
    calledAs: sibling.words.length > 0 ? calledAs : `${calledAs} ${first}`,
  };
}

async function choose(before: readonly string[], current: string, invocation: Invocation): Promise<Choices> {
  const { program } = invocation;
  const start = commandStart(before, flagTable(program.globalFlags));
  const words = before.slice(start);
  for (const length of [3, 2, 1]) {
    const id = words.slice(0, length).join(" ");
    const load =
      words.length >= length && Object.hasOwn(program.commands, id) ? program.commands[id] : undefined;
    if (load === undefined) continue;
    const { default: command } = await load();
    const globals = before.slice(0, start);
    return ofCommand({ id, command, words: words.slice(length), current, globals }, invocation);
  }
  const table = flagTable(program.globalFlags);
  const pending = start > 0 ? pendingFlag(before, table) : undefined;
  const place = { id: "", command: undefined, words, current, globals: before.slice(0, start) };
  const valuesFor = (name: string, lead: string) =>
    answer(flagValues(name, program.globalFlags[name]), lead, place, invocation);
  if (pending !== undefined && words.length === 0) return valuesFor(pending, "");
  const [, flag] = /^(--[\w-]+)=/.exec(current) ?? [];
  if (flag !== undefined && words.length === 0) {
    const entry = table.get(flag);
    return entry?.takesValue === true ? valuesFor(entry.name, `${flag}=`) : none(NO_FILES);
  }
  if (current.startsWith("-"))
    return { choices: flagNames(words.length > 0 ? {} : program.globalFlags), directive: NO_FILES };
  return { choices: groupWords(before, invocation), directive: NO_FILES };
}

/** The flag that waits for a value at the end of the line. */
function pendingFlag(words: readonly string[], table: FlagTable): string | undefined {
  const entry = table.get(words.at(-1) ?? "");
  return entry?.takesValue === true && entry.bareValue === undefined ? entry.name : undefined;
}

/** The words that may follow those of a group, or of the program. */
function groupWords(before: readonly string[], { program }: Invocation): Choice[] {
  const typed = before.slice(commandStart(before, flagTable(program.globalFlags)));
  const words = typed[0] === "help" ? typed.slice(1) : typed;
  const hidden = program.hidden ?? [];
  const groups = [program.commands, program.topics, program.siblings ?? {}].flatMap((group) =>
    Object.keys(group),
  );
  const names = [...groups, "help"]
    .filter((id) => !hidden.includes(id))
    .map((id) => id.split(" "))
    .filter((parts) => words.every((word, index) => parts[index] === word))
    .map((parts) => parts[words.length])
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort().map((value) => ({ value }));
}

interface Place {
  readonly id: string;
  /** None where global flags are completed. */
  readonly command: CommandClass | undefined;
  /** Behind the command's own. */
  readonly words: readonly string[];
  readonly current: string;
  readonly globals: readonly string[];
}

async function ofCommand(
  place: Place & { readonly command: CommandClass },
  invocation: Invocation,
): Promise<Choices> {
  const { id, command, words, current } = place;
  const flags: Interfaces.FlagInput = { ...command.baseFlags, ...command.flags };
  const table = flagTable(flags);
  const { positionals, isOver, pending } = readWords(words, table, command.interspersed);
  const valuesFor = (name: string, lead: string) => {
    if (name !== "filter") return answer(flagValues(name, flags[name]), lead, place, invocation);
    const filter = filterValues(id, current.slice(lead.length));
    return answer(filter.values, lead + filter.lead, place, invocation);
  };
  if (pending !== undefined) return valuesFor(pending, "");
  const [, flag, equals] = /^(--[\w-]+)(=)/.exec(current) ?? [];
  if (!isOver && flag !== undefined && equals !== undefined) {
    const entry = table.get(flag);
    return entry?.takesValue === true ? valuesFor(entry.name, `${flag}=`) : none(NO_FILES);
  }
  if (!isOver && current.startsWith("-")) return { choices: flagNames(command.flags), directive: NO_FILES };
  const args = Object.entries(command.args);
  const [name, arg] = args[Math.min(positionals, args.length - 1)] ?? [];
  if (name === undefined || arg === undefined || (positionals >= args.length && arg.multiple !== true))
    return none(NO_FILES);
  const choices = arg.options;
  if (choices !== undefined) return answer([...choices], "", place, invocation);
  return answer(argumentKind(invocation.program.name, id, name), "", place, invocation);
}

/** How far a command line has come: positionals, whether flags may still follow, a flag that waits for its value. */
function readWords(words: readonly string[], table: FlagTable, interspersed: boolean) {
  let positionals = 0;
  let isOver = false;
  let pending: string | undefined;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (!isOver && word === "--") isOver = true;
    else if (!isOver && word.startsWith("-") && word !== "-") pending = waiting(word, table);
    else {
      positionals++;
      isOver ||= !interspersed;
    }
  }
  return { positionals, isOver, pending };
}

/** The flag in a word that takes the next word for its value: `--name`, or the last letter of `-it`. */
function waiting(word: string, table: FlagTable): string | undefined {
  if (word.includes("=")) return undefined;
  if (word.startsWith("--")) return pendingFlag([word], table);
  const letters = Array.from(word.slice(1));
  const index = letters.findIndex((letter) => table.get(`-${letter}`)?.takesValue === true);
  return index !== -1 && index === letters.length - 1
    ? pendingFlag([`-${letters[index] ?? ""}`], table)
    : undefined;
}

/** @param lead what stands before the value in the word, `--flag=` */
async function answer(
  values: readonly string[] | Kind,
  lead: string,
  place: Place,
  invocation: Invocation,
): Promise<Choices> {
  if (values === "files") return none(0);
  if (values === "folders") return none(FOLDERS);
  if (values === "nothing") return none(NO_FILES);
  const typed = place.current.slice(lead.length);
  const names = typeof values === "string" ? await existing(values, typed, place, invocation) : values;
  const isOpen = names.some((name) => name.startsWith(typed) && /[=:,/]$/.test(name));
  return {
    choices: names.map((name) => ({ value: lead + name })),
    directive: (MAY_BE_FILES.has(values) ? 0 : NO_FILES) + (isOpen ? NO_SPACE : 0),
  };
}

/** Where a name may stand, or the path of a file. */
const MAY_BE_FILES: ReadonlySet<unknown> = new Set<Kind>(["copied", "mounted"]);

async function existing(
  kind: Kind,
  typed: string,
  { globals, command }: Place,
  invocation: Invocation,
): Promise<readonly string[]> {
  const baseFlags = command?.baseFlags ?? invocation.program.globalFlags;
  const options = Object.hasOwn(baseFlags, "root") ? storeOptions(textFlags(globals, baseFlags)) : {};
  await using engine = await invocation.openEngine(options);
  return [...new Set(await namesOf(kind, engine, typed))].sort();
}

/** The values of global flags, as far as they say which store is meant. */
function textFlags(words: readonly string[], flags: Interfaces.FlagInput): Record<string, string> {
  const table = flagTable(flags);
  const found: Record<string, string> = {};
  words.forEach((word, index) => {
    const [name = "", value] = word.split(/=(.*)/s);
    const entry = table.get(name);
    if (entry?.takesValue === true && !entry.multiple) found[entry.name] = value ?? words[index + 1] ?? "";
  });
  return found;
}

function flagNames(flags: Interfaces.FlagInput): Choice[] {
  const names = Object.entries(flags).filter(([, flag]) => flag.hidden !== true);
  const choices = names.flatMap(([name, flag]) => {
    const description = flag.summary ?? flag.description ?? "";
    return [
      { value: `--${name}`, description },
      ...(flag.char === undefined ? [] : [{ value: `-${flag.char}`, description }]),
    ];
  });
  return [...choices, { value: "--help", description: "Show this command's help" }];
}

function none(directive: number): Choices {
  return { choices: [], directive };
}
