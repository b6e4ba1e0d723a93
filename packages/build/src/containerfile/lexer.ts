import { parseDirectives, type Directives } from "./directives.ts";
import { ContainerfileError, SyntaxProblem } from "./errors.ts";
import { heredocStartsOf, type Heredoc } from "./heredoc.ts";
import { extractFlags, type Flag } from "./words.ts";

/** One instruction as written: continued lines joined, comments dropped, heredoc bodies attached. */
export interface RawInstruction {
  /** The first word, as written. */
  readonly keyword: string;
  readonly flags: readonly Flag[];
  /** What follows the flags, without blanks around it. */
  readonly rest: string;
  /** What follows the keyword, flags included: the whole instruction is `keyword text`. */
  readonly text: string;
  readonly heredocs: readonly Heredoc[];
  readonly line: number;
  readonly endLine: number;
  readonly column: number;
}

export interface RawContainerfile {
  readonly directives: Directives;
  readonly instructions: readonly RawInstruction[];
  /** Blank lines inside an instruction, which will stop working one day. */
  readonly emptyContinuationLines: readonly number[];
  readonly comments: readonly Comment[];
}

/** A comment between instructions. */
export interface Comment {
  readonly line: number;
  /** Without the # and blanks around it. */
  readonly text: string;
}

/**
 * Splits a Containerfile into instructions. Knows directives, comments, continuation and heredocs; knows no instruction
 * but those that can have heredocs (RUN, COPY, ADD, and ONBUILD of them).
 *
 * @param file how messages call the file.
 * @throws {ContainerfileError}
 */
export function lexContainerfile(content: string, file: string): RawContainerfile {
  const lines = content.replace(/^\uFEFF/, "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  const directives = directivesOf(lines, file);
  const continued = continuationPattern(directives.escape);
  const instructions: RawInstruction[] = [];
  const emptyContinuationLines: number[] = [];
  const comments: Comment[] = [];
  let index = 0;

  while (index < lines.length) {
    const first = lineAt(index);
    const line = index + 1;
    index++;
    const trimmed = first.trimStart();
    if (trimmed.startsWith("#")) comments.push({ line, text: trimmed.slice(1).trim() });
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const column = first.length - trimmed.length + 1;
    let { text, open } = joinable(trimmed);
    while (open && index < lines.length) {
      const next = lineAt(index);
      index++;
      if (next.trimStart().startsWith("#")) continue;
      if (next.trim() === "") {
        emptyContinuationLines.push(index);
        continue;
      }
      const piece = joinable(next);
      text += piece.text;
      open = piece.open;
    }
    if (text.trim() === "") continue;
    const heredocs: Heredoc[] = [];
    for (const start of canHaveHeredoc(text) ? heredocStartsOf(text) : []) {
      let body = "";
      for (;;) {
        const bodyLine = lines[index];
        if (bodyLine === undefined)
          throw new ContainerfileError(
            file,
            { line, column },
            `unterminated heredoc: no line ${JSON.stringify(start.name)} follows`,
          );
        index++;
        const possibleEnd = bodyLine.replace(/\r$/, "");
        if ((start.stripTabs ? possibleEnd.replace(/^\t+/, "") : possibleEnd) === start.name) break;
        body += `${bodyLine}\n`;
      }
      heredocs.push({ ...start, content: body });
    }
    instructions.push({ ...splitInstruction(text), heredocs, line, column, endLine: index });
  }
  return { directives, instructions, emptyContinuationLines, comments };

  function lineAt(position: number): string {
    return (lines[position] ?? "").replace(/\r$/, "");
  }

  function joinable(piece: string): { text: string; open: boolean } {
    const open = continued.test(piece);
    return { text: open ? piece.replace(continued, "$1") : piece, open };
  }
}

/** Splits one instruction that is on one line, such as the trigger of an ONBUILD. */
export function splitInstruction(text: string): Pick<RawInstruction, "keyword" | "flags" | "rest" | "text"> {
  const [, keyword = "", tail = ""] = /^(\S+)\s*([^]*)$/.exec(text.trim()) ?? [];
  const { flags, rest } = extractFlags(tail);
  return { keyword, flags, rest: rest.trim(), text: tail };
}

function directivesOf(lines: readonly string[], file: string): Directives {
  let line = 1;
  try {
    return parseDirectives(lines, (current) => (line = current));
  } catch (error) {
    if (error instanceof SyntaxProblem)
      throw new ContainerfileError(file, { line, column: 1 }, error.message);
    throw error;
  }
}

/** The escape character at the end of a line, blanks after it allowed, unless it is escaped itself. */
function continuationPattern(escape: string): RegExp {
  const quoted = `\\${escape}`;
  return new RegExp(`(^|[^${quoted}])${quoted}[ \\t]*$`);
}

function canHaveHeredoc(text: string): boolean {
  const match = /^(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s+([^]*)$/i.exec(text);
  return match !== null && text.includes("<<") && !isJsonList(extractFlags(match[1] ?? "").rest);
}

function isJsonList(text: string): boolean {
  if (!text.trimStart().startsWith("[")) return false;
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
