import { lstatSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { errnoOf, FileSystemError } from "@wherry/core/error";
import { at, ignoreRules, parseIgnoreFile } from "../containerfile/index.ts";
import { realPathInside } from "./confined-path.ts";
import { ContextTree } from "./context-tree.ts";
import { BuildRequestError } from "./errors.ts";

/** The files a build may copy from, and its Containerfile. */
export interface OpenedContext {
  readonly tree: ContextTree;
  /** Text of the Containerfile. */
  readonly content: string;
  /** How messages call the Containerfile. */
  readonly file: string;
  /** Absolute path of the Containerfile; undefined when it came from standard input. */
  readonly path?: string;
  readonly explainMissing: (path: string) => string | undefined;
}

export interface ContextOptions {
  /** `-f`: relative to the working directory, else to the context. */
  readonly file?: string;
  /** `--ignorefile`. */
  readonly ignoreFile?: string;
  /** Where digests of the context's files are kept between builds. */
  readonly cacheDir?: string;
  /** Whether the context is a stranger's: its Containerfile and ignore file are files of its own, not what links lead to. */
  readonly isConfined?: boolean;
  /** Whether folders give their names in the other order: what is made of them should not depend on it. */
  readonly listsBackwards?: boolean;
  /** Reads the Containerfile from there when `file` is "-". */
  readonly stdin?: () => string;
}

/**
 * Opens a context directory: finds the Containerfile and the ignore file.
 *
 * @throws {BuildRequestError | ContainerfileError}
 */
export function openContext(directory: string, options: ContextOptions = {}): OpenedContext {
  if (!isDirectory(directory))
    throw new BuildRequestError(`context ${directory} is not a directory`, {
      hint: "name the folder that has the files to copy, for example: wherry-build build .",
    });
  const { file, path, content } = readContainerfile(directory, options);
  const ignored = readIgnoreFile(directory, path, options);
  return {
    ...openFiles(directory, ignored, file, options),
    content,
    file,
    ...(path === undefined ? {} : { path: resolve(path) }),
  };
}

/**
 * Opens a folder that `--build-context` names: files to copy from, without those that its own ignore file leaves out.
 *
 * @throws {BuildRequestError | ContainerfileError}
 */
export function openFolder(
  directory: string,
  { isConfined = false }: Pick<ContextOptions, "isConfined"> = {},
): Pick<OpenedContext, "tree" | "explainMissing"> {
  if (!isDirectory(directory)) throw new BuildRequestError(`build context ${directory} is not a directory`);
  return openFiles(directory, readIgnoreFile(directory, undefined, { isConfined }), directory);
}

/** The files of a folder but the ignored ones. */
function openFiles(
  directory: string,
  ignored: { name: string; patterns: string[] } | undefined,
  file: string,
  options: Pick<ContextOptions, "cacheDir" | "listsBackwards"> = {},
): Pick<OpenedContext, "tree" | "explainMissing"> {
  const rules = at(ignored?.name ?? file, { line: 1, column: 1 }, () => ignoreRules(ignored?.patterns ?? []));
  return {
    tree: new ContextTree(directory, rules, options),
    explainMissing: (missing) =>
      ignored !== undefined && rules.ignores(missing) && exists(join(directory, missing))
        ? `it is left out of the context by ${ignored.name}`
        : undefined,
  };
}

function readContainerfile(
  directory: string,
  { file, stdin, isConfined = false }: ContextOptions,
): { file: string; path: string | undefined; content: string } {
  if (file === "-") {
    if (stdin === undefined)
      throw new BuildRequestError("there is no standard input to read the Containerfile from");
    return { file: "Containerfile", path: undefined, content: stdin() };
  }
  const candidates =
    file === undefined
      ? [join(directory, "Containerfile"), join(directory, "Dockerfile")]
      : [...(isConfined ? [] : [file]), join(directory, file)];
  for (const path of candidates) {
    const content = readText(path, isConfined ? directory : undefined);
    if (content !== undefined) return { file: nameFor(directory, path), path, content };
  }
  throw new BuildRequestError(
    file === undefined
      ? `no Containerfile or Dockerfile specified or found in context directory, ${directory}`
      : `no such Containerfile: ${file}`,
    { hint: "name it with -f FILE" },
  );
}

/** The first of: the one asked for, FILE.containerignore, FILE.dockerignore, .containerignore, .dockerignore. */
function readIgnoreFile(
  directory: string,
  containerfile: string | undefined,
  { ignoreFile: asked, isConfined = false }: ContextOptions,
): { name: string; patterns: string[] } | undefined {
  if (asked !== undefined) {
    const content = readText(asked);
    if (content === undefined) throw new BuildRequestError(`no such ignore file: ${asked}`);
    return { name: asked, patterns: parseIgnoreFile(content) };
  }
  const own =
    containerfile === undefined ? [] : [`${containerfile}.containerignore`, `${containerfile}.dockerignore`];
  for (const path of [...own, join(directory, ".containerignore"), join(directory, ".dockerignore")]) {
    const content = readText(path, isConfined ? directory : undefined);
    if (content !== undefined) return { name: basename(path), patterns: parseIgnoreFile(content) };
  }
  return undefined;
}

function nameFor(directory: string, path: string): string {
  return dirname(path) === directory || !relative(directory, path).startsWith("..")
    ? relative(directory, path)
    : path;
}

/** @param root of a stranger's files: what is outside of it is refused. */
function readText(path: string, root?: string): string | undefined {
  try {
    if (root !== undefined && isThere(path) && realPathInside(root, relative(root, path)) === undefined)
      throw new BuildRequestError(`${relative(root, path)} is a link that leads out of the context`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof BuildRequestError) throw error;
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw new FileSystemError("read", path, error);
  }
}

/** Links count by themselves, wherever they lead. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
