import type { LayerEntry } from "../layer/index.ts";

/** What the layers above say of one path. */
interface Node {
  readonly children: Map<string, Node>;
  /** Undefined for a directory that only has something in it. */
  type: "directory" | "other" | undefined;
  /** Lower layers have nothing here: neither this nor what is below. */
  isCut: boolean;
  /** Lower layers have nothing below this. */
  isOpaque: boolean;
}

/**
 * What layers already read hide of those below them, for readers that go from the top down. A layer's own whiteouts do not hide
 * its own files (image-spec layer.md "Whiteouts"): what is noted counts from the next layer on.
 */
export class UpperLayers {
  readonly #root = newNode();
  #noted: LayerEntry[] = [];

  /** Whether an entry of the layer being read is hidden by one above. */
  hides({ path, type }: Pick<LayerEntry, "path" | "type">): boolean {
    let node: Node | undefined = this.#root;
    const names = path === "" ? [] : path.split("/");
    for (const [index, name] of names.entries()) {
      if (node.isOpaque || node.isCut || node.type === "other") return true;
      const child: Node | undefined = node.children.get(name);
      if (child === undefined) return false;
      node = child;
      if (index === names.length - 1)
        return node.isCut || node.type !== undefined || (node.children.size > 0 && type !== "directory");
    }
    return false;
  }

  note(entry: LayerEntry): void {
    this.#noted.push(entry);
  }

  /** The layer being read is done; the next is the one below it. */
  nextLayer(): void {
    const removed = this.#noted.filter(({ kind }) => kind !== "entry");
    // files first, so that whiteouts see which of them the layer itself has put there
    for (const { path, type, kind } of this.#noted) {
      if (kind !== "entry") continue;
      const node = this.#nodeAt(path);
      node.type ??= type === "directory" ? "directory" : "other";
    }
    for (const { path, kind } of removed) {
      const node = this.#nodeAt(path);
      if (kind === "opaque") node.isOpaque = true;
      else node.isCut = true;
    }
    this.#noted = [];
  }

  #nodeAt(path: string): Node {
    let node = this.#root;
    for (const name of path === "" ? [] : path.split("/")) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = newNode();
        node.children.set(name, child);
      }
      node = child;
    }
    return node;
  }
}

function newNode(): Node {
  return { children: new Map<string, Node>(), type: undefined, isCut: false, isOpaque: false };
}
