import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "@wherry/core/error";
import type { IgnoreRules } from "../containerfile/index.ts";
import { StepProblem } from "./errors.ts";
import { FileDigests, lookOf, type FileLook } from "./file-digests.ts";
import { readRange } from "./spool.ts";
import type { Tree, TreeNode } from "./tree.ts";

/**
 * The files of a build context, without those that the ignore file names. Everything belongs to root, set-id bits are
 * dropped, times are whole seconds: what a copy has does not depend on who checked the sources out.
 */
export class ContextTree implements Tree {
  readonly #root: string;
  readonly #rules: IgnoreRules;
  readonly #nodes = new Map<string, TreeNode | undefined>();
  readonly #names = new Map<string, readonly string[]>();
  readonly #looks = new Map<string, FileLook>();
  readonly #digests: FileDigests | undefined;
  readonly #listsBackwards: boolean;

  /**
   * @param root an existing directory.
   * @param cacheDir where digests of its files are kept between builds
   * @param listsBackwards gives names in the other order, to see whether something depends on it
   */
  constructor(
    root: string,
    rules: IgnoreRules,
    { cacheDir, listsBackwards = false }: { cacheDir?: string; listsBackwards?: boolean } = {},
  ) {
    this.#listsBackwards = listsBackwards;
    this.#root = realpathSync(root);
    this.#rules = rules;
    this.#digests = cacheDir === undefined ? undefined : new FileDigests(cacheDir, this.#root);
  }

  /** The digest of a file's content, which is not read when it looks as it did in an earlier build. */
  digest(path: string): string {
    const look = this.#looks.get(path);
    const read = () => this.#readDigest(path);
    return look === undefined || this.#digests === undefined ? read() : this.#digests.of(path, look, read);
  }

  /** Keeps what was learned of files for the next build. */
  saveDigests(): void {
    this.#digests?.save();
  }

  node(path: string): TreeNode | undefined {
    if (!this.#nodes.has(path)) this.#nodes.set(path, this.#read(path));
    return this.#nodes.get(path);
  }

  names(directory: string): readonly string[] {
    let names = this.#names.get(directory);
    if (names === undefined) {
      names = this.#list(directory).filter(
        (name) => this.node(directory === "" ? name : `${directory}/${name}`) !== undefined,
      );
      this.#names.set(directory, names);
    }
    return names;
  }

  content(path: string): number {
    const fd = this.#open(path);
    const { size } = fstatSync(fd);
    if (size === this.node(path)?.size) return fd;
    closeSync(fd);
    throw new StepProblem(`${path} changed while it was read`);
  }

  bytes(path: string): Promise<Uint8Array> {
    const fd = this.#open(path);
    try {
      return Promise.resolve(readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  }

  #readDigest(path: string): string {
    const digest = createHash("sha256");
    const fd = this.content(path);
    try {
      for (const piece of readRange(fd, 0)) digest.update(piece);
    } finally {
      closeSync(fd);
    }
    return digest.digest("hex");
  }

  #read(path: string): TreeNode | undefined {
    const stats = this.#stat(path);
    if (stats === undefined) return undefined;
    if (!this.#rules.ignores(path)) return this.#nodeOf(path, stats);
    // an ignored directory is there when something in it was taken back in, but only as its parent
    if (!stats.isDirectory() || !this.#rules.mayHoldExceptions(path)) return undefined;
    return this.names(path).length === 0 ? undefined : { ...DIRECTORY, mtime: seconds(stats) };
  }

  #stat(path: string): Stats | undefined {
    try {
      return lstatSync(join(this.#root, path));
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
      throw new FileSystemError("read", join(this.#root, path), error);
    }
  }

  #nodeOf(path: string, stats: Stats): TreeNode | undefined {
    const common = { mode: stats.mode & 0o1777, uid: 0, gid: 0, size: 0, mtime: seconds(stats) };
    if (stats.isFile()) {
      if (this.#digests !== undefined) this.#looks.set(path, lookOf(stats));
      return {
        ...common,
        type: "file",
        size: stats.size,
        ...(stats.nlink > 1 ? { identity: `${stats.dev}:${stats.ino}` } : {}),
      };
    }
    if (stats.isDirectory()) return { ...common, type: "directory" };
    if (stats.isSymbolicLink())
      return { ...common, type: "symlink", mode: 0o777, linkName: readlinkSync(join(this.#root, path)) };
    if (stats.isFIFO()) return { ...common, type: "fifo" };
    return undefined; // sockets and devices mean nothing in an image
  }

  #list(directory: string): string[] {
    try {
      const names = readdirSync(join(this.#root, directory)).sort();
      return this.#listsBackwards ? names.reverse() : names;
    } catch (error) {
      throw new FileSystemError("read directory", join(this.#root, directory), error);
    }
  }

  /**
   * Opens a file for reading. The context may change under our hands: the kernel is asked where the open file is, and
   * one outside of the context (by a directory that just became a link) is refused.
   */
  #open(path: string): number {
    const full = join(this.#root, path);
    let fd: number;
    try {
      fd = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      throw new FileSystemError("read", full, error);
    }
    const actual = readlinkSync(`/proc/self/fd/${fd}`);
    if (actual === full) return fd;
    closeSync(fd);
    throw new StepProblem(`${path} changed while it was read`);
  }
}

const DIRECTORY = { type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 } as const;

function seconds({ mtimeMs }: Stats): number {
  return Math.floor(mtimeMs / 1000);
}
