import type { TarContent } from "@wherry/core/layer";
import type { Tree, TreeNode } from "./tree.ts";

/** A file that is made while building: the body of a heredoc, a download. */
export interface MadeFile {
  readonly size: number;
  /** sha256 in hex. */
  readonly digest: string;
  readonly open: () => TarContent;
  readonly mode: number;
  /** Seconds. */
  readonly mtime: number;
}

/** Files that are nowhere on the disk, all in one directory, owned by root. */
export class MadeTree implements Tree {
  readonly #files: ReadonlyMap<string, MadeFile>;

  constructor(files: ReadonlyMap<string, MadeFile>) {
    this.#files = files;
  }

  node(path: string): TreeNode | undefined {
    if (path === "") return { type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
    const file = this.#files.get(path);
    return file === undefined
      ? undefined
      : { type: "file", mode: file.mode, uid: 0, gid: 0, size: file.size, mtime: file.mtime };
  }

  names(directory: string): readonly string[] {
    return directory === "" ? [...this.#files.keys()].sort() : [];
  }

  content(path: string): TarContent {
    return this.#files.get(path)?.open() ?? new Uint8Array();
  }

  bytes(path: string): Promise<Uint8Array> {
    throw new Error(`${path} is only ever copied`);
  }
}
