/** Writes docs/commands: a page for each program and each of its commands, out of their declarations. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  renderCommandHelp,
  renderTopicHelp,
  type CommandClass,
  type Invocation,
  type Program,
} from "@wherry/core/cli";
import { program as build } from "../packages/build/src/program.ts";
import { program as image } from "../packages/image/src/program.ts";
import { program as run } from "../packages/run/src/program.ts";

const folder = join(import.meta.dirname, "../docs/commands");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const pages = (await Promise.all([run, build, image].map(writeProgram))).flat();
writeFileSync(
  join(folder, "README.md"),
  ["# Commands", "", "Written by `npm run docs` out of the programs themselves.", "", ...pages, ""].join(
    "\n",
  ),
);

/** Writes the pages of one program; gives the lines of the index that lead to them. */
async function writeProgram(program: Program): Promise<string[]> {
  const invocation = { program, calledAs: program.name } as Invocation;
  write(program.name, program.name, await renderTopicHelp("", invocation));
  const lines = [`## [${program.name}](${program.name}.md)`, "", program.summary, ""];
  const written = new Set<CommandClass>();
  for (const [id, load] of Object.entries(program.commands).sort(byWords)) {
    const { default: command } = await load();
    if (command.hidden || command.aliases.includes(id) || written.has(command)) continue;
    written.add(command);
    const page = [program.name, ...id.split(" ")].join("-");
    write(page, `${program.name} ${id}`, renderCommandHelp(id, command, invocation));
    lines.push(`- [${id}](${page}.md): ${command.summary ?? ""}`);
  }
  return [...lines.slice(0, 4), ...lines.slice(4).sort(), ""];
}

/** The plain name of a command comes before the one in a group: `ps` before `container ls`. */
function byWords([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left.split(" ").length - right.split(" ").length;
}

function write(page: string, title: string, help: string): void {
  const [summary = "", ...rest] = help.trimEnd().split("\n");
  const text = ["# " + title, "", summary, "", "```", ...rest.slice(1), "```", ""].join("\n");
  writeFileSync(join(folder, `${page}.md`), text);
}
