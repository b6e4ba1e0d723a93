import { posix } from "node:path";
import type { TarContent, TarEntry } from "@wherry/core/layer";
import { fileMatch } from "../containerfile/index.ts";
import { StepProblem } from "./errors.ts";

/** What is known of a file in a tree; `path` is left to where it stands. */
export type TreeNode = Omit<TarEntry, "path" | "type"> & {
  readonly type: Exclude<TarEntry["type"], "link">;
  /** Equal for the names of one file: hard links stay hard links when copied. */
  readonly identity?: string;
};

/**
 * A tree of files that is read without being mounted: a build context, the layers of an image, an archive.
 * Paths are relative to its root, without a slash at either end; the root is "".
 */
export interface Tree {
  /** The node at a path none of whose parents is a symbolic link; undefined when there is none. */
  node(path: string): TreeNode | undefined;
  /** The names in a directory, sorted. */
  names(directory: string): readonly string[];
  /** The content of a file: a file descriptor it gives is the caller's to close. */
  content(path: string): TarContent;
  /** The sha256 of a file's content in hex, where the tree knows it better than by reading it all. */
  digest?(path: string): string;
  /** Keeps digests that were learned, for the next build. */
  saveDigests?(): void;
  /** The bytes of a small file. */
  bytes(path: string): Promise<Uint8Array>;
}

/** A tree without files: what `FROM scratch` begins with. */
export const EMPTY_TREE: Tree = {
  node: (path) =>
    path === "" ? { type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 } : undefined,
  names: () => [],
  content: noContent,
  bytes: noContent,
};

function noContent(path: string): never {
  throw new Error(`no content at ${path}`);
}

const LINK_LIMIT = 255;

/**
 * Follows the symbolic links in a path, none of which leads out of the tree: absolute ones begin at its root and `..`
 * ends there. What does not exist is kept as it is written.
 *
 * @param followLast whether a link at the very end is followed too.
 */
export function resolvePath(tree: Tree, path: string, { followLast = true } = {}): string {
  const pending = path.split("/").reverse();
  const resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const part = pending.pop() ?? "";
    if (part === "" || part === ".") continue;
    if (part === "..") {
      resolved.pop();
      continue;
    }
    resolved.push(part);
    const isLast = pending.every((rest) => rest === "" || rest === ".");
    if (isLast && !followLast) continue;
    const node = tree.node(resolved.join("/"));
    if (node?.type !== "symlink") continue;
    if (++links > LINK_LIMIT) throw new StepProblem(`too many symbolic links in ${path}`);
    const target = node.linkName ?? "";
    resolved.pop();
    if (target.startsWith("/")) resolved.length = 0;
    pending.push(...target.split("/").reverse());
  }
  return resolved.join("/");
}

/** Whether a source is a pattern rather than a name. */
export function isPattern(source: string): boolean {
  return /[*?[\\]/.test(source);
}

/**
 * The paths that fit a pattern of Go's `filepath.Match`, sorted, with `**` for any number of directories. Links to
 * directories are followed by name, not by `**`. The paths are as matched; `resolvePath` follows them.
 */
export function matchingPaths(tree: Tree, pattern: string): string[] {
  const parts = posix
    .normalize(`/${pattern}`)
    .split("/")
    .filter((part) => part !== "");
  let found = [""];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const next = new Set<string>();
    for (const directory of found) {
      if (part === "**") {
        for (const path of below(tree, directory)) if (!isLast || path !== directory) next.add(path);
        continue;
      }
      const resolved = resolvePath(tree, directory);
      if (tree.node(resolved)?.type !== "directory") continue;
      for (const name of tree.names(resolved))
        if (fileMatch(part, name)) next.add(directory === "" ? name : `${directory}/${name}`);
    }
    found = [...next];
  }
  return found.sort();
}

/** The directory and all directories below it; files too where they can be meant. */
function below(tree: Tree, directory: string): string[] {
  if (tree.node(resolvePath(tree, directory, { followLast: directory === "" }))?.type !== "directory")
    return [];
  const names = tree.names(resolvePath(tree, directory));
  return [
    directory,
    ...names.flatMap((name) => {
      const path = directory === "" ? name : `${directory}/${name}`;
      return tree.node(path)?.type === "directory" ? below(tree, path) : [path];
    }),
  ];
}
