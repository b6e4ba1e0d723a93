import { UsageError } from "@wherry/core/cli";

/**
 * The words of a command line: a JSON list as it is, else split at blanks as a shell does, with its quotes and backslashes
 * and nothing else of it.
 *
 * @throws {UsageError} when a quote is not closed
 */
export function shellWords(text: string): readonly string[] {
  if (text.trim().startsWith("[")) {
    try {
      const words: unknown = JSON.parse(text);
      if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
    } catch {
      // not JSON after all
    }
  }
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (quote === "'") {
      if (char === "'") quote = "";
      else word = (word ?? "") + char;
    } else if (
      char === "\\" &&
      index + 1 < text.length &&
      (quote === "" || '"\\$`'.includes(text.charAt(index + 1)))
    ) {
      word = (word ?? "") + text.charAt(++index);
    } else if (quote === '"') {
      if (char === '"') quote = "";
      else word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw new UsageError(`unclosed ${quote} in ${JSON.stringify(text)}`);
  return word === undefined ? words : [...words, word];
}
