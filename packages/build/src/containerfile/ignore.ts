import { posix } from "node:path";
import { SyntaxProblem } from "./errors.ts";
import { fileMatchParts } from "./file-match.ts";
import { fitsWhole, type PatternPart } from "./wildcards.ts";

/**
 * Decides which paths of a context do not exist for a build: the rules of moby's pattern matcher. The last pattern that
 * matches wins, a match on a directory covers all below it, `!` takes paths back in, `**` is any number of directories.
 */
export interface IgnoreRules {
  /** Whether the path, relative to the context and without a leading slash, is left out. */
  ignores(path: string): boolean;
  /** Whether something below an ignored directory may be taken back in: if not, there is no need to look. */
  mayHoldExceptions(directory: string): boolean;
}

/** Reads an ignore file: a pattern a line, `#` in the first column is a comment. */
export function parseIgnoreFile(content: string): string[] {
  const patterns: string[] = [];
  for (const line of content.replace(/^\uFEFF/, "").split("\n")) {
    if (line.startsWith("#")) continue;
    let pattern = line.trim();
    if (pattern === "") continue;
    const negated = pattern.startsWith("!");
    if (negated) pattern = pattern.slice(1).trim();
    if (pattern !== "") {
      pattern = cleanPath(pattern);
      if (pattern.length > 1 && pattern.startsWith("/")) pattern = pattern.slice(1);
    }
    patterns.push(negated ? `!${pattern}` : pattern);
  }
  return patterns;
}

/**
 * Makes rules of patterns.
 *
 * @throws {SyntaxProblem} for a pattern that cannot be read.
 */
export function ignoreRules(patterns: readonly string[]): IgnoreRules {
  const rules = patterns.map(compile);
  const hasExceptions = rules.some(({ exception }) => exception);
  return {
    ignores(path) {
      if (path === "" || path === ".") return false;
      let ignored = false;
      for (const { exception, matches } of rules)
        if (exception === ignored && selfAndParents(path).some(matches)) ignored = !exception;
      return ignored;
    },
    mayHoldExceptions: () => hasExceptions,
  };
}

interface Rule {
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

function compile(text: string): Rule {
  const exception = text.startsWith("!");
  const pattern = cleanPath(exception ? text.slice(1) : text);
  if (exception && text.length === 1) throw new SyntaxProblem('illegal exclusion pattern: "!"');
  fileMatchParts(pattern); // the same complaint as Go's, before ours could differ
  if (!/[*?[\\]/.test(pattern)) return { exception, matches: (path) => path === pattern };
  const parts = patternParts(pattern);
  // most paths of a large context are told apart by their ends
  const head = /^[^*?[\\]*/.exec(pattern)?.[0] ?? "";
  const tail = /[^*?[\]\\/]*$/.exec(pattern)?.[0] ?? "";
  return {
    exception,
    matches: (path) => path.startsWith(head) && path.endsWith(tail) && fitsWhole(parts, path),
  };
}

const ANYTHING: PatternPart = { kind: "many", fits: () => true };

/** As `fileMatchParts`, with `**`: at the end it is everything below, elsewhere any number of whole directories, none too. */
function patternParts(pattern: string): PatternPart[] {
  // moby compares the ends of names here, so that **file also covers myfile
  if (/^\*\*[^/*?[\]\\][^*?[\]\\]*$/.test(pattern)) return [ANYTHING, ...fileMatchParts(pattern.slice(2))];
  const parts: PatternPart[] = [];
  let plain = "";
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "\\" || character === "[") {
      const end = character === "\\" ? index + 2 : endOfSet(pattern, index);
      plain += pattern.slice(index, end);
      index = end - 1;
    } else if (pattern.startsWith("**", index)) {
      parts.push(...fileMatchParts(plain));
      plain = "";
      index += pattern.charAt(index + 2) === "/" ? 2 : 1;
      parts.push(index + 1 >= pattern.length ? ANYTHING : { kind: "directories" });
    } else plain += character;
  }
  return [...parts, ...fileMatchParts(plain)];
}

function endOfSet(pattern: string, start: number): number {
  let index = start + (pattern.charAt(start + 1) === "^" ? 2 : 1);
  for (let first = true; first || pattern.charAt(index) !== "]"; first = false)
    index += pattern.charAt(index) === "\\" ? 2 : 1;
  return index + 1;
}

function selfAndParents(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Go's `filepath.Clean`: `posix.normalize` without a slash at the end. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
