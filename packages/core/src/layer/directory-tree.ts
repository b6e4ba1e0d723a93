import { lstatSync, mkdirSync, rmSync, unlinkSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { HostileEntryError } from "./errors.ts";
import { joinPath } from "./entry-path.ts";
import { systemPath } from "./path-bytes.ts";
import type { TarEntry } from "./tar-entry.ts";

/** A real directory below the target, and what is to be done to it when all entries are there. */
export class DirectoryNode {
  /** What the layer says of it; undefined when only something in it was named. */
  entry: TarEntry | undefined;
  /** The entry because of which it was made. */
  readonly cause: TarEntry | undefined;
  /** Whether it hides what lower layers have in it. */
  opaque = false;
  readonly children = new Map<string, DirectoryNode>();
  /** Names in it that the layer removes. */
  readonly removed = new Set<string>();

  constructor(cause: TarEntry | undefined) {
    this.cause = cause;
  }
}

/** Where an entry goes: the directory, which is real, and its name in there. */
export interface Place {
  readonly parent: DirectoryNode;
  readonly name: string;
  /** Below the root. */
  readonly path: string;
}

/**
 * The directories of a layer being unpacked. Every path is walked through nodes that stand for directories this process
 * made or looked at without following links, so no entry is ever created through a symlink. Nobody else writes there.
 */
export class DirectoryTree {
  readonly root = new DirectoryNode(undefined);
  readonly #target: string;
  #lastPath = "";
  #lastNode: DirectoryNode = this.root;

  constructor(target: string) {
    this.#target = target;
  }

  /** A path of the layer as system calls take it. */
  systemPath(path: string): string | Buffer {
    return systemPath(path === "" ? this.#target : `${this.#target}/${path}`);
  }

  /**
   * The place of a path (not the root's); directories on the way that no entry made so far are made.
   *
   * @throws {HostileEntryError} when something on the way is no directory.
   */
  place(path: string, cause: TarEntry): Place {
    const slash = path.lastIndexOf("/");
    const parent = slash === -1 ? this.root : this.directory(path.slice(0, slash), cause);
    return { parent, name: path.slice(slash + 1), path };
  }

  /** The directory at a path, made if missing. @throws {HostileEntryError} as `place`. */
  directory(path: string, cause: TarEntry): DirectoryNode {
    if (path === this.#lastPath) return this.#lastNode;
    let node = this.root;
    let walked = "";
    if (path !== "") {
      for (const name of path.split("/")) {
        walked = joinPath(walked, name);
        node = node.children.get(name) ?? this.#enter({ parent: node, name, path: walked }, cause);
      }
    }
    this.#lastPath = path;
    this.#lastNode = node;
    return node;
  }

  /** The directory a path is in, without making any; undefined when there is none. */
  find(path: string): DirectoryNode | undefined {
    let node: DirectoryNode | undefined = this.root;
    if (path === "") return node;
    for (const name of path.split("/")) node = node?.children.get(name);
    return node;
  }

  /** Makes a directory entry, or takes the directory that is there; anything else at its place goes. */
  makeDirectory(place: Place, entry: TarEntry): DirectoryNode {
    const known = place.parent.children.get(place.name);
    if (known !== undefined) return known;
    if (!this.#mkdir(place.path)) {
      this.remove(place);
      this.#mkdir(place.path);
    }
    return this.#add(place, entry);
  }

  /** Removes what is at a place, with everything in it, following no link. */
  remove({ parent, name, path }: Place): void {
    const full = this.systemPath(path);
    if (!parent.children.delete(name) && !lstatSync(full).isDirectory()) {
      unlinkSync(full);
      return;
    }
    this.#lastPath = "";
    this.#lastNode = this.root;
    rmSync(full, { recursive: true });
  }

  #enter(place: Place, cause: TarEntry): DirectoryNode {
    if (!this.#mkdir(place.path)) {
      throw new HostileEntryError(cause.path, `${JSON.stringify(place.path)} on its way is not a directory`);
    }
    return this.#add(place, cause);
  }

  #add({ parent, name }: Place, cause: TarEntry): DirectoryNode {
    const node = new DirectoryNode(cause);
    parent.children.set(name, node);
    return node;
  }

  /** Whether there is a directory now. Only its owner may enter it until all entries are there. */
  #mkdir(path: string): boolean {
    const full = this.systemPath(path);
    try {
      mkdirSync(full, 0o700);
      return true;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      return lstatSync(full).isDirectory();
    }
  }
}
