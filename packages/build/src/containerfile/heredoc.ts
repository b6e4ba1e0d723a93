import { expandWords } from "./expand.ts";
import { SyntaxProblem } from "./errors.ts";

/** A file written in the Containerfile itself: `<<NAME` and the lines up to NAME. */
export interface Heredoc {
  readonly name: string;
  /** The lines of the body, with their line ends, as written. */
  readonly content: string;
  /** False when the word was quoted: the body is then taken literally. */
  readonly expand: boolean;
  /** `<<-`: leading tabs of every line go away. */
  readonly stripTabs: boolean;
  readonly fileDescriptor: number;
}

/** What a word like `2<<-"EOF"` announces. */
export type HeredocStart = Omit<Heredoc, "content">;

const HEREDOC = /^(\d*)<<(-?)([^<]*)$/;
const unset = () => undefined;

/** Reads a word as the start of a heredoc; undefined when it is an ordinary word. Its escape character is always the backslash. */
export function parseHeredocStart(word: string): HeredocStart | undefined {
  const [, fileDescriptor = "", dash, rest = ""] = HEREDOC.exec(word) ?? [];
  if (rest === "") return undefined;
  const plain = expandWords(rest, unset, { keepUnset: true });
  if (plain.length !== 1 || plain[0] === undefined) return undefined;
  const raw = expandWords(rest, unset, { keepUnset: true, rawQuotes: true, rawEscapes: true });
  return {
    name: plain[0],
    expand: raw[0] === plain[0],
    stripTabs: dash === "-",
    fileDescriptor: fileDescriptor === "" ? 0 : Number(fileDescriptor),
  };
}

/** The heredocs that a line announces, in order. A line whose quotes do not close announces none: its own parser will complain. */
export function heredocStartsOf(line: string): HeredocStart[] {
  let words: string[];
  try {
    words = expandWords(line, unset, { keepUnset: true, rawQuotes: true, rawEscapes: true });
  } catch (error) {
    if (error instanceof SyntaxProblem) return [];
    throw error;
  }
  return words.flatMap((word) => parseHeredocStart(word) ?? []);
}

/** The body as a file gets it: without leading tabs after `<<-`. */
export function heredocBody({ content, stripTabs }: Heredoc): string {
  return stripTabs ? content.replace(/^\t+/gm, "") : content;
}
