import { constants, lstatSync, openSync, readdirSync, readlinkSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "@wherry/core/error";
import type { LayerDraft } from "../builder/layer-draft.ts";

interface HostFile {
  readonly stats: Stats;
  readonly linkName?: string;
}

/** Files of this machine that are to be part of an image, under the same paths, with every link and folder on the way. */
export class HostFiles {
  readonly #root: string;
  readonly #files = new Map<string, HostFile>();

  constructor(root = "/") {
    this.#root = root;
  }

  exists(path: string): boolean {
    return statSync(join(this.#root, path), { throwIfNoEntry: false }) !== undefined;
  }

  isDirectory(path: string): boolean {
    return this.#files.get(path)?.stats.isDirectory() ?? false;
  }

  isRegular(path: string): boolean {
    return this.#files.get(path)?.stats.isFile() ?? false;
  }

  /** The paths in a folder. */
  below(folder: string): string[] {
    try {
      return readdirSync(join(this.#root, folder))
        .sort()
        .map((name) => join(folder, name));
    } catch (error) {
      throw new FileSystemError("read directory", folder, error);
    }
  }

  /** Adds what is at a path; gives where it really is, links followed. */
  add(path: string): string {
    const pending = path.split("/").reverse();
    const walked: string[] = [];
    for (let links = 0; pending.length > 0;) {
      const part = pending.pop() ?? "";
      if (part === "" || part === ".") continue;
      if (part === "..") {
        walked.pop();
        continue;
      }
      walked.push(part);
      const current = `/${walked.join("/")}`;
      const { linkName } = this.#read(current);
      if (linkName === undefined) continue;
      if (++links > 40)
        throw new FileSystemError("follow", path, Object.assign(new Error("ELOOP"), { code: "ELOOP" }));
      walked.pop();
      if (linkName.startsWith("/")) walked.length = 0;
      pending.push(...linkName.split("/").reverse());
    }
    return `/${walked.join("/")}`;
  }

  /** Whether the path is a symbolic link on this machine. */
  isLink(path: string): boolean {
    return lstatSync(join(this.#root, path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  }

  /** All paths, sorted. */
  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** The newest time of a file, in whole seconds. */
  newest(): number {
    return Math.max(
      0,
      ...[...this.#files.values()].filter(({ stats }) => stats.isFile()).map(({ stats }) => seconds(stats)),
    );
  }

  /** Puts everything into a layer, owned by root. */
  putInto(draft: LayerDraft): void {
    const newest = this.newest();
    for (const path of this.paths()) {
      const { stats, linkName } = this.#read(path);
      // the time of a folder of this machine tells of files that are not taken
      const common = { uid: 0, gid: 0, mtime: stats.isDirectory() ? newest : seconds(stats) };
      const relative = path.slice(1);
      if (linkName !== undefined)
        draft.add(relative, { ...common, type: "symlink", mode: 0o777, size: 0, linkName });
      else if (stats.isDirectory())
        draft.add(relative, { ...common, type: "directory", mode: stats.mode & 0o7777, size: 0 });
      else if (stats.isFile())
        draft.add(relative, { ...common, type: "file", mode: stats.mode & 0o7777, size: stats.size }, () =>
          this.#open(path),
        );
    }
  }

  #read(path: string): HostFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const full = join(this.#root, path);
    try {
      const stats = lstatSync(full);
      const file = stats.isSymbolicLink() ? { stats, linkName: readlinkSync(full) } : { stats };
      this.#files.set(path, file);
      return file;
    } catch (error) {
      throw new FileSystemError("read", path, error);
    }
  }

  #open(path: string): number {
    try {
      return openSync(join(this.#root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      throw new FileSystemError("read", path, error);
    }
  }
}

function seconds({ mtimeMs }: Stats): number {
  return Math.floor(mtimeMs / 1000);
}
