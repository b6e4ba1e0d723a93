import { parseReference } from "@wherry/core/reference";
import type { Finding } from "./check.ts";
import { expandWord } from "./expand.ts";
import type { StageInstruction } from "./instruction.ts";
import type { Containerfile } from "./parse-containerfile.ts";
import { nearestWord } from "./suggest.ts";

const BUILT_IN =
  /^(?:(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|OSVERSION|STAGE)|(?:https?|ftp|no|all)_proxy|(?:HTTPS?|FTP|NO|ALL)_PROXY)$/;
const VARIABLE = /(?<!\\)\$(?:\{([A-Za-z_]\w*)([^}]*)\}|([A-Za-z_]\w*))/g;
/** Kinds whose text the shell expands, or that wait for a child. */
const NOT_EXPANDED = new Set(["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "ONBUILD", "MAINTAINER"]);

/** The names of an image's variables, where the image is known; undefined where it is not. */
export type ImageVariables = (image: string) => readonly string[] | undefined;

/** Variables that nothing gives a value, in FROM and in stages; ARGs of FROM whose defaults give no name of an image. */
export function checkVariables(file: Containerfile, variablesOf: ImageVariables): Finding[] {
  const { globalArgs, stages } = file;
  const globals = new Set(globalArgs.flatMap(({ args }) => args.map(({ name }) => name)));
  const byStage = new Map<string, ReadonlySet<string> | undefined>();
  return stages.flatMap(({ from, instructions }): Finding[] => {
    const undeclared = [from.image, from.platform ?? ""].flatMap((text) =>
      unknownIn(text, (name) => globals.has(name) || BUILT_IN.test(name)),
    );
    const found: Finding[] = undeclared.map((name) => ({
      rule: "UndefinedArgInFrom",
      line: from.line,
      message: `FROM argument ${JSON.stringify(name)} is not declared${suggestion(name, globals)}`,
    }));
    if (undeclared.length === 0 && from.image.includes("$") && !isValidByDefault(from.image, file))
      found.push({
        rule: "InvalidDefaultArgInFrom",
        line: from.line,
        message: `default value for ARG ${from.image} results in an empty or invalid base image name`,
      });
    const base = from.image.toLowerCase();
    const inherited = byStage.has(base)
      ? byStage.get(base)
      : base === "scratch"
        ? new Set<string>()
        : named(variablesOf(from.image));
    // what the variables of an image are is not known before it is here
    const known = inherited && new Set(["PATH", ...inherited]);
    for (const instruction of instructions) {
      if (known !== undefined && !NOT_EXPANDED.has(instruction.kind))
        for (const name of unknownIn(instruction.text, (variable) => known.has(variable)))
          found.push({
            rule: "UndefinedVar",
            line: instruction.line,
            message: `usage of undefined variable "$${name}"${suggestion(name, known)}`,
          });
      if (known !== undefined) declare(instruction, known);
    }
    if (from.name !== undefined) byStage.set(from.name, known);
    return found;
  });
}

function named(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined ? undefined : new Set(names);
}

function declare(instruction: StageInstruction, known: Set<string>): void {
  if (instruction.kind === "ARG") for (const { name } of instruction.args) known.add(name);
  if (instruction.kind === "ENV") for (const { name } of instruction.pairs) known.add(name);
}

/** Variables without a value of their own (`${v:-w}`) that nobody declares, each once. */
function unknownIn(text: string, isKnown: (name: string) => boolean): string[] {
  const names = [...withoutLiterals(text).matchAll(VARIABLE)].flatMap(([, braced, modifier = "", plain]) => {
    const name = braced ?? plain ?? "";
    return isKnown(name) || /^:?[-+?]/.test(modifier) ? [] : [name];
  });
  return [...new Set(names)];
}

/** The text without what is in single quotes, where nothing is replaced. */
function withoutLiterals(text: string): string {
  return text.replace(/\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'/g, (piece) =>
    piece.startsWith("'") ? "''" : piece,
  );
}

/** Whether a name of an image is one when nobody sets an ARG. */
function isValidByDefault(image: string, { globalArgs, directives: { escape } }: Containerfile): boolean {
  const values = new Map<string, string>();
  const lookup = (name: string): string | undefined =>
    values.get(name) ?? (BUILT_IN.test(name) ? "linux" : undefined);
  try {
    for (const { args } of globalArgs)
      for (const { name, default: value } of args)
        if (value !== undefined) values.set(name, expandWord(value, lookup, { escape }));
    const expanded = expandWord(image, lookup, { escape });
    if (expanded.toLowerCase() !== "scratch")
      parseReference(expanded.replace(/^[a-z-]+:(?:\/\/)?(?=[./])/, ""));
    return true;
  } catch {
    return false;
  }
}

function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestWord(name, known);
  return nearest === undefined ? "" : ` (did you mean $${nearest}?)`;
}
