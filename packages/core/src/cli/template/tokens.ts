import { parseError } from "./errors.ts";
import type { Position } from "./syntax.ts";

export interface Token {
  readonly kind:
    | "text"
    | "open"
    | "close"
    | "space"
    | "word"
    | "field"
    | "variable"
    | "dot"
    | "number"
    | "string"
    | "character"
    | "punctuation"
    | "end";
  readonly text: string;
  readonly at: Position;
}

/** What may stand inside `{{ }}`, longest first where one begins another. */
const INSIDE: readonly (readonly [Token["kind"], RegExp])[] = [
  ["space", /[ \t\r\n]+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ["character", /'(?:[^'\\\n]|\\.)+'/y],
  [
    "number",
    /[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y,
  ],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["variable", /\$(?:[\p{L}_][\p{L}\p{Nd}_]*)?/uy],
  ["word", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["dot", /\./y],
  ["punctuation", /:=|[=|(),]/y],
];

/**
 * Cuts a template into tokens: text, and what stands between `{{` and `}}`. Trim markers have done their work and
 * comments are gone.
 *
 * @throws {TemplateError}
 */
export function tokenize(source: string, name: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let trimStart = false;
  while (offset < source.length) {
    const open = source.indexOf("{{", offset);
    const textEnd = open === -1 ? source.length : open;
    let text = source.slice(offset, textEnd);
    if (trimStart) text = text.trimStart();
    if (/^\{\{-[ \t\r\n]/.test(source.slice(textEnd, textEnd + 4))) text = text.trimEnd();
    if (text !== "") tokens.push({ kind: "text", text, at: positionOf(source, offset) });
    if (open === -1) break;
    ({ offset, trimStart } = readAction(source, open, name, tokens));
  }
  tokens.push({ kind: "end", text: "EOF", at: positionOf(source, source.length) });
  return tokens;
}

function readAction(source: string, open: number, name: string, tokens: Token[]) {
  const at = positionOf(source, open);
  const trimmed = /^\{\{-[ \t\r\n]/.test(source.slice(open, open + 4));
  let offset = open + (trimmed ? 3 : 2);
  const comment = /[ \t\r\n]*\/\*[^]*?\*\//y;
  comment.lastIndex = offset;
  if (comment.test(source)) {
    const close = /([ \t\r\n]+-)?\}\}/y;
    close.lastIndex = comment.lastIndex;
    const match = close.exec(source);
    if (match === null) throw parseError(name, at, "comment ends before closing delimiter");
    return { offset: close.lastIndex, trimStart: match[1] !== undefined };
  }
  tokens.push({ kind: "open", text: "{{", at });
  for (;;) {
    const close = /([ \t\r\n]+-)?\}\}/y;
    close.lastIndex = offset;
    const match = close.exec(source);
    if (match !== null) {
      tokens.push({ kind: "close", text: "}}", at: positionOf(source, offset) });
      return { offset: close.lastIndex, trimStart: match[1] !== undefined };
    }
    const token = readToken(source, offset, name, tokens.at(-1)?.kind);
    tokens.push(token);
    offset += token.text.length;
  }
}

function readToken(source: string, offset: number, name: string, before: Token["kind"] | undefined): Token {
  const at = positionOf(source, offset);
  if (offset >= source.length) throw parseError(name, at, "unclosed action");
  for (const [kind, pattern] of INSIDE) {
    pattern.lastIndex = offset;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    // "$x.1" is no number behind a variable, but "1 .5" and "(.5" are
    if (kind === "number" && text.startsWith(".") && before !== "space" && before !== "open") continue;
    return { kind, text, at };
  }
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  const what = /["`']/.test(character)
    ? `unterminated ${character === "'" ? "character constant" : "quoted string"}`
    : undefined;
  throw parseError(name, at, what ?? `unexpected ${JSON.stringify(character)} in operand`);
}

function positionOf(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) };
}
