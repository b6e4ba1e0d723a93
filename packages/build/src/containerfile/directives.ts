import { SyntaxProblem } from "./errors.ts";

/** The character that ends a line without ending the instruction and that takes the meaning from the next one. */
export type EscapeCharacter = "\\" | "`";

/** What the comments at the very top of a Containerfile ask for. */
export interface Directives {
  readonly escape: EscapeCharacter;
  /** Frontend image asked for by `# syntax=`. Never pulled: this parser knows the whole language itself. */
  readonly syntax?: string;
  readonly check?: string;
}

const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const KNOWN = new Set(["escape", "syntax", "check"]);

/**
 * Reads the directives: comments `# name=value` before anything else, even before a blank line or another comment.
 *
 * @throws {SyntaxProblem} when one is given twice or the escape character is neither backslash nor backtick;
 *   `onLine` is told each line before it is read, so that the caller knows the place.
 */
export function parseDirectives(
  lines: readonly string[],
  onLine: (line: number) => void = () => undefined,
): Directives {
  const found = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    onLine(index + 1);
    const [, word = "", value = ""] = DIRECTIVE.exec(line.trim()) ?? [];
    const name = word.toLowerCase();
    if (!KNOWN.has(name)) break;
    if (found.has(name)) throw new SyntaxProblem(`only one ${name} parser directive can be used`);
    if (name === "escape" && value !== "\\" && value !== "`")
      throw new SyntaxProblem(
        `invalid escape directive ${JSON.stringify(value)}: it must be a backslash or a backtick`,
      );
    found.set(name, value);
  }
  const syntax = found.get("syntax");
  const check = found.get("check");
  return {
    escape: found.get("escape") === "`" ? "`" : "\\",
    ...(syntax === undefined ? {} : { syntax }),
    ...(check === undefined ? {} : { check }),
  };
}
