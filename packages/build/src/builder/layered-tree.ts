import type { TarContent, FileTree, LayerEntry } from "@wherry/core/layer";
import { readAll } from "@wherry/core/io";
import { storedContent } from "./stored-content.ts";
import type { Tree, TreeNode } from "./tree.ts";

/** Opens the uncompressed tar of a layer by its number, 0 is the lowest; the file descriptor stays the opener's. */
export type OpenLayer = (layer: number) => Promise<number>;

/** Files read whole, such as /etc/passwd, may have so many bytes. */
const SMALL_FILE_LIMIT = 16 * 1024 * 1024;

/** The files of an image, read from the blobs of its layers. */
export class LayeredTree implements Tree {
  readonly #files: FileTree;
  readonly #openLayer: OpenLayer;

  constructor(files: FileTree, openLayer: OpenLayer) {
    this.#files = files;
    this.#openLayer = openLayer;
  }

  node(path: string): TreeNode | undefined {
    const found = this.#files.lookup(path, { followLinks: false });
    if (found === undefined) return undefined;
    const { path: _path, offset, kind: _kind, type, sparse: _sparse, linkName, ...fields } = found.entry;
    if (type === "link") return undefined;
    return {
      ...fields,
      type,
      ...(type === "symlink" && linkName !== undefined ? { linkName } : {}),
      ...(type === "file" && fields.size > 0 ? { identity: `${found.layer}:${offset}` } : {}),
    };
  }

  names(directory: string): readonly string[] {
    return (this.#files.list(directory) ?? []).map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  }

  content(path: string): TarContent {
    const { entry, layer } = this.#file(path);
    return storedContent(this.#openLayer(layer), entry, entry.offset);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const { entry, layer } = this.#file(path);
    return readAll(storedContent(this.#openLayer(layer), entry, entry.offset), SMALL_FILE_LIMIT, path);
  }

  #file(path: string): { entry: LayerEntry; layer: number } {
    const found = this.#files.lookup(path, { followLinks: false });
    if (found?.entry.type !== "file") throw new Error(`no file at ${path}`);
    return found;
  }
}
