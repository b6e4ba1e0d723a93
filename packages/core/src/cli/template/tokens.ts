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
  if (/^[ \t\r\n]*\/\*/.test(source.slice(offset, offset + 80)) && !comment.test(source))
    throw parseError(name, at, "unclosed comment");
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
    const complaint = complaintAbout(kind, text, source.slice(offset + text.length));
    if (complaint !== undefined) throw parseError(name, at, complaint);
    return { kind, text, at };
  }
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  const what = UNTERMINATED[character];
  const context = before === "open" ? "command" : "operand";
  throw parseError(name, at, what ?? `unexpected ${JSON.stringify(character)} in ${context}`);
}

const UNTERMINATED: Readonly<Record<string, string | undefined>> = {
  '"': "unterminated quoted string",
  "`": "unterminated raw quoted string",
  "'": "unterminated character constant",
};

/** What is wrong with a word or number because of what follows it. */
function complaintAbout(kind: Token["kind"], text: string, after: string): string | undefined {
  if (kind === "number") {
    const [more] = /^[\p{L}\p{Nd}_.]+/u.exec(after) ?? [];
    if (more !== undefined) return `bad number syntax: ${JSON.stringify(text + more)}`;
    if (/^[+-]?\d[\d_]*$/.test(text) && isTooBig(text)) return `integer overflow: ${JSON.stringify(text)}`;
    if (Math.abs(Number(text.replaceAll("_", ""))) === Infinity)
      return `illegal number syntax: ${JSON.stringify(text)}`;
  }
  if (!["field", "variable", "word"].includes(kind)) return undefined;
  const [next] = /^(?![\s.,|:=()]|\}\}|-\}\})./su.exec(after) ?? [];
  if (next === undefined) return undefined;
  const code = (next.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `bad character U+${code} '${next}'`;
}

/** Whole numbers have 64 bits; one that begins with 0 is octal and has no 8 or 9. */
function isTooBig(text: string): boolean {
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
  if (/^0\d*[89]/.test(digits)) return true;
  return digits.length > 19 || BigInt(digits) > 0xffff_ffff_ffff_ffffn;
}

function positionOf(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) };
}
