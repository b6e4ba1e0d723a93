import { posix } from "node:path";
import { ignoreRules, nearestWord, SyntaxProblem } from "../containerfile/index.ts";
import { StepProblem } from "./errors.ts";
import { isPattern, matchingPaths, resolvePath, type Tree, type TreeNode } from "./tree.ts";

/** A file or directory to copy. */
export interface CopySource {
  readonly tree: Tree;
  /** Where it is, links followed. */
  readonly path: string;
  /** Its last name as the source spells it: what it is called in a destination directory. */
  readonly name: string;
  /** Directories to make below the destination for `--parents`; else "". */
  readonly parents: string;
}

/** A file of a source; `relative` is its path below the source, "" for the source itself. */
export interface CopiedFile {
  readonly path: string;
  readonly relative: string;
  readonly node: TreeNode;
}

export interface FindOptions {
  /** `--parents`: keep the path after `/./`, or all of it. */
  readonly parents?: boolean;
  /** How messages call the tree: "the build context", "stage build" … */
  readonly where: string;
  /** Says why a path that is not in the tree is missing, when there is more to say. */
  readonly explainMissing?: (path: string) => string | undefined;
}

/**
 * What the sources of a COPY stand for: names, or patterns. A name that is not there is an error; so are patterns
 * when nothing at all is found.
 *
 * @throws {StepProblem}
 */
export function findSources(tree: Tree, sources: readonly string[], options: FindOptions): CopySource[] {
  const found = sources.flatMap((source) => {
    const paths = isPattern(source) ? matching(tree, source) : [cleaned(source)];
    return paths.map((path) => {
      const resolved = resolvePath(tree, path);
      if (tree.node(resolved) === undefined) throw missing(tree, source, path, options);
      return {
        tree,
        path: resolved,
        name: posix.basename(path),
        parents: options.parents ? parentsOf(source, path) : "",
      };
    });
  });
  if (found.length === 0) throw new StepProblem(`nothing in ${options.where} matches ${sources.join(" ")}`);
  return found;
}

/** The source and all below it, each directory before what is in it, sorted. */
export function filesOf(
  { tree, path }: Pick<CopySource, "tree" | "path">,
  exclude: readonly string[] = [],
): CopiedFile[] {
  const rules = ignoreRules(exclude);
  const files: CopiedFile[] = [];
  visit(path, "");
  return files;

  function visit(current: string, relative: string): void {
    const node = tree.node(current);
    const excluded = rules.ignores(relative);
    if (node === undefined || (excluded && !rules.mayHoldExceptions(relative))) return;
    if (!excluded) files.push({ path: current, relative, node });
    if (node.type !== "directory") return;
    for (const name of tree.names(current)) visit(join(current, name), join(relative, name));
  }
}

/** The two with a slash between, unless one is empty. */
export function join(directory: string, name: string): string {
  return directory === "" ? name : name === "" ? directory : `${directory}/${name}`;
}

/** The source without what would lead out: rooted at the tree, `..` ends there. */
function cleaned(source: string): string {
  return posix.normalize(`/${source}`).replace(/^\/|\/$/g, "");
}

function matching(tree: Tree, pattern: string): string[] {
  try {
    return matchingPaths(tree, pattern);
  } catch (error) {
    if (error instanceof SyntaxProblem) throw new StepProblem(error.message);
    throw error;
  }
}

function parentsOf(source: string, path: string): string {
  const pivot = /^(.*?)\/\.\//.exec(source)?.[1];
  const from = pivot === undefined ? "" : cleaned(pivot);
  const kept = from === "" || !path.startsWith(`${from}/`) ? path : path.slice(from.length + 1);
  return posix.dirname(kept) === "." ? "" : posix.dirname(kept);
}

function missing(
  tree: Tree,
  source: string,
  path: string,
  { where, explainMissing }: FindOptions,
): StepProblem {
  const why = explainMissing?.(path);
  if (why !== undefined) return new StepProblem(`${JSON.stringify(source)}: ${why}`);
  const directory = resolvePath(tree, posix.dirname(path) === "." ? "" : posix.dirname(path));
  const siblings = tree.node(directory)?.type === "directory" ? tree.names(directory) : [];
  const near = nearestWord(posix.basename(path), siblings);
  return new StepProblem(
    `${JSON.stringify(source)}: no such file or directory in ${where}`,
    near === undefined
      ? undefined
      : `there is ${JSON.stringify(join(posix.dirname(path).replace(/^\.$/, ""), near))}: did you mean that?`,
  );
}
