import { joinPath } from "./entry-path.ts";
import { HostileEntryError } from "./errors.ts";
import type { LayerEntry } from "./layer-index.ts";

/** A file, directory or link of an image. */
export interface TreeNode {
  /** Below the root, without slashes at either end; "" is the root. */
  readonly path: string;
  /**
   * What the image says of it; a hard link has the entry of the file it stands for (under that file's path and offset), a
   * directory that no layer describes the entry podman would make.
   */
  readonly entry: LayerEntry;
  /** Number of the layer that `entry` is in, 0 is the lowest. */
  readonly layer: number;
  /** What is in a directory, by name; empty for everything else. */
  readonly children: ReadonlyMap<string, TreeNode>;
}

interface MutableNode extends TreeNode {
  entry: LayerEntry;
  layer: number;
  readonly children: Map<string, MutableNode>;
}

/** Of everything that is no directory: nothing is ever put into it. */
const NO_CHILDREN = new Map<string, MutableNode>();

/** As many symbolic links are followed for one path, as Linux does. */
const LINK_LIMIT = 40;

/** The files of an image, merged from the lists of its layers: what a container would see, without unpacking any. */
export class FileTree {
  readonly root: TreeNode;

  private constructor(root: TreeNode) {
    this.root = root;
  }

  /**
   * Merges layers, the lowest first. Whiteouts apply to lower layers only, wherever in their layer they stand.
   * Spec: image-spec layer.md "Applying Changesets".
   *
   * @throws {HostileEntryError} for what `applyLayer` refuses too.
   */
  static merge(layers: readonly (readonly LayerEntry[])[]): FileTree {
    const root = createNode("", impliedEntry("", 0), 0);
    for (const [layer, entries] of layers.entries()) {
      for (const entry of entries) if (entry.kind !== "entry") remove(root, entry);
      for (const entry of entries) if (entry.kind === "entry") put(root, entry, layer);
    }
    return new FileTree(root);
  }

  /**
   * The node at a path, which is taken from the root whether it begins with a slash or not; undefined when there is none.
   * Symbolic links on the way are followed inside the image, never out of it; one at the end only with `followLinks`
   * (default true). A loop of links leads nowhere.
   */
  lookup(
    path: string,
    { followLinks = true }: { readonly followLinks?: boolean } = {},
  ): TreeNode | undefined {
    const left = path.split("/").reverse();
    const walked: TreeNode[] = [this.root];
    for (let links = 0; ;) {
      const name = left.pop();
      const node = walked.at(-1) ?? this.root;
      if (name === undefined) return node;
      if (name === "" || name === ".") continue;
      if (node.entry.type !== "directory") return undefined;
      if (name === "..") {
        if (walked.length > 1) walked.pop();
        continue;
      }
      const child = node.children.get(name);
      if (child === undefined) return undefined;
      const isLast = left.every((part) => part === "");
      if (child.entry.type !== "symlink" || (isLast && !followLinks)) {
        walked.push(child);
        continue;
      }
      if (++links > LINK_LIMIT) return undefined;
      const { linkName = "" } = child.entry;
      if (linkName.startsWith("/")) walked.length = 1;
      left.push(...linkName.split("/").reverse());
    }
  }

  /** What is in a directory, sorted by name; undefined when there is no directory at that path. */
  list(directory: string): TreeNode[] | undefined {
    const node = this.lookup(directory);
    return node?.entry.type === "directory" ? sortedChildren(node) : undefined;
  }

  /** The node at a path and everything below it, parents first, names sorted; links are not followed. */
  *walk(directory = ""): Generator<TreeNode> {
    const start = this.lookup(directory);
    const left = start === undefined ? [] : [start];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      yield node;
      left.push(...sortedChildren(node).reverse());
    }
  }
}

function sortedChildren(node: TreeNode): TreeNode[] {
  const names = [...node.children.keys()].sort((a, b) => (a < b ? -1 : 1));
  return names.flatMap((name) => node.children.get(name) ?? []);
}

/** Applies a whiteout or opaque marker to what lower layers left. */
function remove(root: MutableNode, { path, kind }: LayerEntry): void {
  if (kind === "opaque") {
    findNode(root, path)?.children.clear();
    return;
  }
  const slash = path.lastIndexOf("/");
  findNode(root, slash === -1 ? "" : path.slice(0, slash))?.children.delete(path.slice(slash + 1));
}

function put(root: MutableNode, entry: LayerEntry, layer: number): void {
  if (entry.path === "") {
    root.entry = entry;
    root.layer = layer;
    return;
  }
  const names = entry.path.split("/");
  const name = names.pop() ?? "";
  let parent = root;
  let walked = "";
  for (const part of names) {
    walked = joinPath(walked, part);
    parent = enter(parent, part, walked, entry, layer);
  }
  const described = entry.type === "link" ? linkedEntry(root, entry, layer) : entry;
  const before = parent.children.get(name);
  if (before !== undefined && before.entry.type === "directory" && entry.type === "directory") {
    before.entry = described;
    before.layer = layer;
  } else parent.children.set(name, createNode(entry.path, described, layer));
}

/** The directory on the way to an entry; a lower layer's file or link of that name is hidden by it, as overlay does. */
function enter(
  parent: MutableNode,
  name: string,
  path: string,
  cause: LayerEntry,
  layer: number,
): MutableNode {
  const child = parent.children.get(name);
  if (child?.entry.type === "directory") return child;
  if (child?.layer === layer) {
    throw new HostileEntryError(cause.path, `${JSON.stringify(path)} on its way is not a directory`);
  }
  const made = createNode(path, impliedEntry(path, cause.mtime), layer);
  parent.children.set(name, made);
  return made;
}

/** The file that a hard link stands for, which the same layer must have brought before. */
function linkedEntry(root: MutableNode, link: LayerEntry, layer: number): LayerEntry {
  const target = findNode(root, link.linkName ?? "");
  if (target === undefined || target.layer !== layer || target.entry.type === "directory") {
    throw new HostileEntryError(
      link.path,
      `it is a hard link to ${JSON.stringify(link.linkName)}, which is no file before it`,
    );
  }
  return target.entry;
}

/** The node at a path, following no link. */
function findNode(root: MutableNode, path: string): MutableNode | undefined {
  let node: MutableNode | undefined = root;
  if (path === "") return node;
  for (const name of path.split("/")) node = node?.children.get(name);
  return node;
}

function createNode(path: string, entry: LayerEntry, layer: number): MutableNode {
  return {
    path,
    entry,
    layer,
    children: entry.type === "directory" ? new Map<string, MutableNode>() : NO_CHILDREN,
  };
}

function impliedEntry(path: string, mtime: number): LayerEntry {
  return { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime, kind: "entry", offset: 0 };
}
