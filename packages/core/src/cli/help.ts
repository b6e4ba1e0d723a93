import type { Interfaces } from "@oclif/core";
import type { Invocation } from "./invocation.ts";
import type { CommandClass } from "./wherry-command.ts";

type FlagInput = Interfaces.FlagInput;

/** The help of one command, in podman's form: summary, Description, Usage, Aliases, Examples, Options. */
export function renderCommandHelp(id: string, command: CommandClass, { calledAs }: Invocation): string {
  const path = `${calledAs} ${id}`;
  const summary = summaryOf(command);
  const fill = (text: string) => fillIn(text, calledAs, id);
  const usage = [command.usage ?? usageOf(id, command)].flat().map((line) => `${calledAs} ${fill(line)}`);
  const examples = (
    command.examples as readonly (string | { command: string; description: string })[]
  ).flatMap((example) =>
    typeof example === "string" ? [fill(example)] : [`# ${example.description}`, fill(example.command)],
  );
  return blocks([
    [summary, []],
    [
      "Description:",
      fill(command.description ?? summary)
        .trim()
        .split("\n"),
    ],
    ["Usage:", usage],
    [
      "Aliases:",
      command.aliases.length === 0
        ? []
        : [[path, ...command.aliases.map((alias) => `${calledAs} ${alias}`)].join(", ")],
    ],
    ["Examples:", examples],
    ["Options:", optionLines(command.flags)],
  ]);
}

/** The help of a program ("") or of a group of commands. */
export async function renderTopicHelp(topic: string, { program, calledAs }: Invocation): Promise<string> {
  const sibling = program.siblings?.[topic];
  const summary = topic === "" ? program.summary : (program.topics[topic] ?? sibling?.summary ?? "");
  const path = topic === "" ? calledAs : `${calledAs} ${topic}`;
  const usage = topic === "" ? `${path} [options] [command]` : `${path} [command]`;
  return blocks([
    [summary, []],
    ["Usage:", [usage]],
    [
      "Description:",
      sibling === undefined ? [] : [`Commands not listed here are those of ${sibling.program}`],
    ],
    ["Available Commands:", columns(await commandsUnder(topic, program), 2)],
    ["Options:", topic === "" ? optionLines(program.globalFlags) : []],
  ]);
}

/** Commands and groups right under a group, with their summaries; further names of a command are left out. */
async function commandsUnder(
  topic: string,
  { commands, topics, siblings = {} }: Invocation["program"],
): Promise<(readonly [string, string])[]> {
  const prefix = topic === "" ? "" : `${topic} `;
  const rows = new Map<string, string>();
  const shown = new Set<CommandClass>();
  for (const [id, load] of Object.entries(commands)) {
    const name = id.slice(prefix.length);
    if (!id.startsWith(prefix) || name.includes(" ")) continue;
    const { default: command } = await load();
    if (command.hidden || command.aliases.includes(id) || shown.has(command)) continue;
    shown.add(command);
    rows.set(name, summaryOf(command));
  }
  if (topic === "") {
    for (const [name, { summary }] of Object.entries(siblings)) rows.set(name, summary);
    for (const [name, summary] of Object.entries(topics)) rows.set(name, summary);
  }
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1));
}

function summaryOf({ summary, description }: CommandClass): string {
  return summary ?? description?.trim().split("\n")[0] ?? "";
}

/** `ps [options]`, `copy [options] SOURCE DESTINATION`, `run [options] IMAGE [COMMAND...]`. */
function usageOf(id: string, { args, flags }: CommandClass): string {
  const names = Object.entries(args).map(([name, { required, multiple }]) => {
    const upper = name.toUpperCase();
    if (required === true) return multiple === true ? `${upper} [${upper}...]` : upper;
    return multiple === true ? `[${upper}...]` : `[${upper}]`;
  });
  return [id, ...(Object.keys(flags).length === 0 ? [] : ["[options]"]), ...names].join(" ");
}

/** oclif's two most used blanks in examples and usage lines. */
function fillIn(text: string, calledAs: string, id: string): string {
  return text.replaceAll("<%= config.bin %>", calledAs).replaceAll("<%= command.id %>", id);
}

function optionLines(flags: FlagInput): string[] {
  const rows = Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, flag]) => [optionLabel(name, flag), flag.summary ?? flag.description ?? ""] as const);
  return columns(rows, 3);
}

function optionLabel(name: string, flag: FlagInput[string]): string {
  const short = flag.char === undefined ? "    " : `-${flag.char}, `;
  if (flag.type === "boolean") return `${short}--${name}`;
  const plain = flag.multiple === true ? "strings" : "string";
  return `${short}--${name} ${[flag.helpValue ?? plain].flat().join(" ")}`;
}

/** Two columns, the second aligned `gap` blanks behind the longest of the first; further lines of a cell hang below. */
function columns(rows: readonly (readonly [string, string])[], gap: number): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + gap;
  const hanging = `\n${" ".repeat(width + 2)}`;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right.replaceAll("\n", hanging)}`.trimEnd());
}

function blocks(parts: readonly (readonly [string, readonly string[]])[]): string {
  const shown = parts.filter(
    ([heading, lines], index) => index === 0 || (heading !== "" && lines.length > 0),
  );
  return (
    shown
      .map(([heading, lines]) => [heading, ...lines.map((line) => `  ${line}`.trimEnd())].join("\n"))
      .join("\n\n") + "\n"
  );
}
