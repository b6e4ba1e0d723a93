import { SyntaxProblem } from "./errors.ts";

/** `--name` or `--name=value` before the arguments of an instruction. */
export interface Flag {
  readonly name: string;
  readonly value: string | undefined;
}

const BLANK = /\s/;

/**
 * Takes the flags off the beginning of an instruction's arguments. Quotes and backslashes in them are resolved;
 * `--` alone ends them.
 */
export function extractFlags(text: string): { flags: Flag[]; rest: string } {
  const flags: Flag[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && BLANK.test(text.charAt(position))) position++;
    if (!text.startsWith("--", position)) return { flags, rest: text.slice(position) };
    let word = "";
    let quote = "";
    for (; position < text.length; position++) {
      let character = text.charAt(position);
      if (quote === "" && BLANK.test(character)) break;
      if (quote === "" ? character === "'" || character === '"' : character === quote) {
        quote = quote === "" ? character : "";
        continue;
      }
      if (character === "\\") {
        if (position + 1 === text.length) continue;
        character = text.charAt(++position);
      }
      word += character;
    }
    if (word === "--") return { flags, rest: text.slice(position) };
    const equals = word.indexOf("=");
    flags.push(
      equals < 0
        ? { name: word.slice(2), value: undefined }
        : { name: word.slice(2, equals), value: word.slice(equals + 1) },
    );
  }
}

/** Splits at blanks outside of quotes. Quotes and escapes stay in the words: expansion removes them. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word = "";
  let quote = "";
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (quote === "" && BLANK.test(character)) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    if (character === escape && quote !== "'") {
      if (position + 1 === text.length) continue; // an escape at the very end escapes nothing
      word += character + text.charAt(++position);
      continue;
    }
    if (quote === "" ? character === "'" || character === '"' : character === quote)
      quote = quote === "" ? character : "";
    word += character;
  }
  if (word !== "") words.push(word);
  return words;
}

/** Splits at blanks, quotes are characters like others. */
export function splitBlanks(text: string): string[] {
  return text.split(BLANK_RUN).filter((word) => word !== "");
}
const BLANK_RUN = /\s+/;

/**
 * Reads `NAME=value NAME2=value2` or the old `NAME rest of the line`. Values keep their quotes.
 *
 * @throws {SyntaxProblem}
 */
export function parsePairs(keyword: string, text: string, escape: string): { name: string; value: string }[] {
  const words = splitWords(text, escape);
  const [first] = words;
  if (first === undefined) throw new SyntaxProblem(`${keyword} requires at least one argument`);
  if (!first.includes("=")) {
    const [, name = "", value] = /^(\S+)\s+([^]*)$/.exec(text) ?? [];
    if (value === undefined)
      throw new SyntaxProblem(`${keyword} must have two arguments: a name and a value`);
    return [{ name, value }];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0)
      throw new SyntaxProblem(`cannot find = in ${JSON.stringify(word)}: it must have the form name=value`);
    if (equals === 0) throw new SyntaxProblem(`${keyword} names can not be blank`);
    return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

/**
 * The strings of a JSON list, or undefined when the text is no valid JSON list: it is then in shell form.
 *
 * @throws {SyntaxProblem} when it is a JSON list of something else than strings.
 */
export function parseJsonList(text: string): string[] | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (!value.every((item) => typeof item === "string"))
    throw new SyntaxProblem("when using JSON array syntax, arrays must be comprised of strings only");
  return value;
}
