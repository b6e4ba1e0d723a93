import { closeSync } from "node:fs";
import type { TarContent, TarEntry, TarWriter } from "@wherry/core/layer";
import { StepProblem } from "./errors.ts";
import type { Owner } from "./owner.ts";
import { resolvePath, type Tree, type TreeNode } from "./tree.ts";

/** Gives the content when the layer is written. */
export type ContentSource = () => TarContent;

interface Drafted {
  readonly node: TreeNode;
  readonly content: ContentSource | undefined;
}

/**
 * A layer that is being put together over a tree: what it will hold, and what the tree will look like with it.
 * Nothing is written before `write`.
 */
export class LayerDraft implements Tree {
  readonly #base: Tree;
  readonly #entries = new Map<string, Drafted>();
  readonly #children = new Map<string, Set<string>>();
  /** Times of new directories, which no source has, in seconds. */
  readonly #mtime: number;

  constructor(base: Tree, { mtime }: { mtime: number }) {
    this.#base = base;
    this.#mtime = mtime;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  node(path: string): TreeNode | undefined {
    return this.#entries.get(path)?.node ?? this.#base.node(path);
  }

  names(directory: string): readonly string[] {
    return [...new Set([...this.#base.names(directory), ...(this.#children.get(directory) ?? [])])].sort();
  }

  content(path: string): TarContent {
    return this.#entries.get(path)?.content?.() ?? this.#base.content(path);
  }

  bytes(path: string): Promise<Uint8Array> {
    const content = this.#entries.get(path)?.content?.();
    if (content === undefined) return this.#base.bytes(path);
    if (content instanceof Uint8Array) return Promise.resolve(content);
    throw new Error("files of an unfinished layer are not read back");
  }

  /**
   * Makes a directory and its parents as far as they are missing, with mode 0755; links on the way are followed.
   * Gives the path it really has.
   *
   * @throws {StepProblem} when a part of it exists and is no directory.
   */
  makeDirectories(path: string, { uid, gid }: Owner): string {
    const resolved = resolvePath(this, path);
    const parts = resolved.split("/").filter((part) => part !== "");
    parts.forEach((_, index) => {
      const current = parts.slice(0, index + 1).join("/");
      const existing = this.node(current);
      if (existing === undefined)
        this.#set(
          current,
          { type: "directory", mode: 0o755, uid, gid, size: 0, mtime: this.#mtime },
          undefined,
        );
      else if (existing.type !== "directory") throw new StepProblem(`/${current} is not a directory`);
    });
    return resolved;
  }

  /**
   * Puts a file, link or directory at a path whose parents exist and are no links. A directory that is there stays, with
   * the new owner and mode.
   *
   * @throws {StepProblem} when a directory would replace something else, or something else a directory.
   */
  add(path: string, node: TreeNode, content?: ContentSource): void {
    const existing = this.node(path);
    if (existing !== undefined && (existing.type === "directory") !== (node.type === "directory")) {
      const link = existing.type === "symlink" ? `, but a link to ${existing.linkName ?? ""}` : "";
      throw node.type === "directory"
        ? new StepProblem(`cannot copy to non-directory: /${path} is no directory${link}`)
        : new StepProblem(`cannot replace the directory /${path} with a file`);
    }
    this.#set(path, node, content);
  }

  /** Writes the layer, sorted by path, each directory before what is in it, parents with what the tree knows of them. */
  async write(writer: TarWriter, changeTime: (mtime: number) => number = (mtime) => mtime): Promise<void> {
    const firstNames = new Map<string, string>();
    for (const path of this.#pathsWithParents()) {
      const drafted = this.#entries.get(path);
      const node = drafted?.node ?? this.#base.node(path);
      if (node === undefined) continue;
      const { identity, ...fields } = node;
      const entry: TarEntry = {
        ...fields,
        path,
        mtime: drafted === undefined ? node.mtime : changeTime(node.mtime),
      };
      const first = identity === undefined ? undefined : firstNames.get(identity);
      if (first !== undefined) {
        await writer.add({ ...entry, type: "link", size: 0, linkName: first });
        continue;
      }
      if (identity !== undefined) firstNames.set(identity, path);
      await addClosing(writer, entry, node.type === "file" ? drafted?.content : undefined);
    }
  }

  #set(path: string, node: TreeNode, content: ContentSource | undefined): void {
    this.#entries.set(path, { node, content });
    const parent = parentOf(path);
    const siblings = this.#children.get(parent) ?? new Set();
    this.#children.set(parent, siblings.add(path.slice(parent === "" ? 0 : parent.length + 1)));
  }

  #pathsWithParents(): string[] {
    const paths = new Set<string>();
    for (const path of this.#entries.keys())
      for (let current = path; current !== "" && !paths.has(current); current = parentOf(current))
        paths.add(current);
    return [...paths].sort();
  }
}

/** Path of the directory that holds it; "" for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

async function addClosing(
  writer: TarWriter,
  entry: TarEntry,
  source: ContentSource | undefined,
): Promise<void> {
  const content = source?.();
  try {
    await writer.add(entry, content);
  } finally {
    if (typeof content === "number") closeSync(content);
  }
}
