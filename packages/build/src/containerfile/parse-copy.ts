import { heredocBody, parseHeredocStart } from "./heredoc.ts";
import { SyntaxProblem } from "./errors.ts";
import { readFlags, type FlagTable } from "./flags.ts";
import type { Copy, InlineFile } from "./instruction.ts";
import type { RawInstruction } from "./lexer.ts";
import { parseJsonList, splitBlanks } from "./words.ts";

const COPY_FLAGS: FlagTable = {
  from: "value",
  chown: "value",
  chmod: "value",
  link: "boolean",
  parents: "boolean",
  exclude: "values",
};
const ADD_FLAGS: FlagTable = {
  chown: "value",
  chmod: "value",
  link: "boolean",
  checksum: "value",
  exclude: "values",
  "keep-git-dir": "boolean",
  unpack: "boolean",
};

/** Reads the arguments of COPY or ADD. */
export function parseCopy(
  kind: "COPY" | "ADD",
  raw: RawInstruction,
): Omit<Copy, "line" | "endLine" | "column" | "text"> {
  const flags = readFlags(kind, raw.flags, kind === "COPY" ? COPY_FLAGS : ADD_FLAGS);
  const words = parseJsonList(raw.rest) ?? splitBlanks(raw.rest);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2)
    throw new SyntaxProblem(`${kind} requires at least two arguments: what to copy, and where to`);
  const { sources, files } = separate(words.slice(0, -1), raw);
  if (parseHeredocStart(destination) !== undefined && raw.heredocs.length > 0)
    throw new SyntaxProblem(`${kind} cannot have a heredoc as its destination`);
  if (kind === "COPY" && sources.some((source) => /^git@[\w.-]+:/.test(source)))
    throw new SyntaxProblem("COPY cannot read a git repository; ADD can");
  if (kind === "COPY" && sources.some(isUrl)) throw new SyntaxProblem("COPY cannot read a URL; ADD can");
  const chosen = {
    from: flags.value("from"),
    chown: flags.value("chown"),
    chmod: flags.value("chmod"),
    checksum: flags.value("checksum"),
    unpack: flags.boolean("unpack"),
  };
  if (chosen.from !== undefined && files.length > 0)
    throw new SyntaxProblem("COPY --from cannot be used with a heredoc");
  return {
    kind,
    sources,
    files,
    destination,
    exclude: flags.values("exclude"),
    link: flags.boolean("link") ?? false,
    parents: flags.boolean("parents") ?? false,
    keepGitDir: flags.boolean("keep-git-dir") ?? false,
    ...withoutUndefined(chosen),
  };
}

/** Whether a source of ADD is fetched over HTTP. */
export function isUrl(source: string): boolean {
  return /^https?:\/\/./i.test(source);
}

function separate(words: readonly string[], raw: RawInstruction): { sources: string[]; files: InlineFile[] } {
  const sources: string[] = [];
  const files: InlineFile[] = [];
  for (const word of words) {
    const start = raw.heredocs.length > 0 ? parseHeredocStart(word) : undefined;
    const heredoc = start === undefined ? undefined : raw.heredocs.find(({ name }) => name === start.name);
    if (heredoc === undefined) sources.push(word);
    else files.push({ name: heredoc.name, content: heredocBody(heredoc), expand: heredoc.expand });
  }
  return { sources, files };
}

/** The record without the properties that are undefined: for optional fields under `exactOptionalPropertyTypes`. */
export function withoutUndefined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
