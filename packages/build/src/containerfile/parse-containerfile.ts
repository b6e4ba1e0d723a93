import type { Directives } from "./directives.ts";
import { ContainerfileError } from "./errors.ts";
import type { Arg, From, Instruction, StageInstruction } from "./instruction.ts";
import { lexContainerfile, type Comment } from "./lexer.ts";
import { parseInstruction } from "./parse-instruction.ts";

/** FROM and what follows it. */
export interface Stage {
  readonly from: From;
  readonly instructions: readonly StageInstruction[];
}

/** A whole Containerfile, read but not evaluated. */
export interface Containerfile {
  /** How messages call the file. */
  readonly file: string;
  readonly directives: Directives;
  /** ARG before the first FROM. */
  readonly globalArgs: readonly Arg[];
  readonly stages: readonly Stage[];
  readonly warnings: readonly string[];
  /** Keywords as they are written. */
  readonly keywords: readonly { readonly keyword: string; readonly line: number }[];
  /** Blank lines inside of instructions. */
  readonly emptyContinuationLines: readonly number[];
  /** Those between instructions. */
  readonly comments: readonly Comment[];
}

/**
 * Reads a Containerfile.
 *
 * @param file how messages call the file.
 * @throws {ContainerfileError} for the first thing that is wrong.
 */
export function parseContainerfile(content: string, file = "Containerfile"): Containerfile {
  const { directives, instructions, emptyContinuationLines, comments } = lexContainerfile(content, file);
  const globalArgs: Arg[] = [];
  const stages: { from: From; instructions: StageInstruction[] }[] = [];
  for (const raw of instructions) {
    const instruction = parseInstruction(raw, file, directives.escape);
    const stage = stages.at(-1);
    if (instruction.kind === "FROM") stages.push({ from: instruction, instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.kind === "ARG") globalArgs.push(instruction);
    else throw beforeFrom(file, instruction);
  }
  if (stages.length === 0) {
    const line = Math.max(1, content.split("\n").length - 1);
    throw new ContainerfileError(
      file,
      { line, column: 1 },
      "the file has no FROM: there is nothing to build",
    );
  }
  const warnings = emptyContinuationLines.map(
    (line) => `${file}:${line}: empty continuation line: a future version will not accept it`,
  );
  const keywords = instructions.map(({ keyword, line }) => ({ keyword, line }));
  return { file, directives, globalArgs, stages, warnings, keywords, emptyContinuationLines, comments };
}

/**
 * Reads an ONBUILD trigger of a base image.
 *
 * @param file how messages call it; its line is 1.
 */
export function parseTrigger(trigger: string, file: string): StageInstruction {
  const { instructions } = lexContainerfile(trigger, file);
  const [raw] = instructions;
  if (raw === undefined || instructions.length > 1)
    throw new ContainerfileError(file, { line: 1, column: 1 }, "an ONBUILD trigger must be one instruction");
  const instruction = parseInstruction(raw, file, "\\");
  if (instruction.kind === "FROM" || instruction.kind === "ONBUILD")
    throw new ContainerfileError(file, raw, `${instruction.kind} is not allowed as an ONBUILD trigger`);
  return instruction;
}

function beforeFrom(file: string, instruction: Instruction): ContainerfileError {
  return new ContainerfileError(
    file,
    instruction,
    `${instruction.kind} before the first FROM: only ARG may stand there`,
    "begin with FROM, for example FROM scratch",
  );
}
