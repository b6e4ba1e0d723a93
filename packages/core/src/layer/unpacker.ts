import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { AttributeWriter, needsSyscalls } from "./attributes.ts";
import { DirectoryTree, type DirectoryNode, type Place } from "./directory-tree.ts";
import { joinPath, nameOf, parentOf, parseEntryPath } from "./entry-path.ts";
import { HostileEntryError, LayerTooLargeError } from "./errors.ts";
import { OPAQUE_XATTR } from "./overlay.ts";
import type { OwnerMaps } from "./owner-maps.ts";
import { systemPath } from "./path-bytes.ts";
import { loadedSyscalls, type Syscalls } from "./syscalls.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TarHandler } from "./tar-reader.ts";
import { parseWhiteout } from "./whiteout.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, S_IFBLK, S_IFCHR, S_IFIFO } = constants;
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const NODE_TYPE = { character: S_IFCHR, block: S_IFBLK, fifo: S_IFIFO } as const;

/** Puts the entries of a layer into a directory, in overlay's format. See `applyLayer`. */
export class LayerUnpacker implements TarHandler {
  entries = 0;
  /** Whether `finish` needs the system calls to be loaded. */
  needsSyscallsToFinish = false;
  readonly #tree: DirectoryTree;
  readonly #attributes: AttributeWriter;
  readonly #entryLimit: number;
  readonly #skippedDevices = new Set<string>();
  #file: { fd: number; path: string; entry: TarEntry } | undefined;

  constructor(target: string, entryLimit: number, ids?: OwnerMaps) {
    this.#tree = new DirectoryTree(target);
    this.#attributes = new AttributeWriter(ids);
    this.#entryLimit = entryLimit;
  }

  get skipped(): readonly string[] {
    return this.#attributes.skipped;
  }

  entry(entry: TarEntry): boolean {
    if (loadedSyscalls() === undefined && entry.type !== "directory" && needsSyscalls(entry)) return false;
    if (this.entries >= this.#entryLimit) throw new LayerTooLargeError("entries", this.#entryLimit);
    this.entries++;
    try {
      this.#put(entry);
    } catch (error) {
      throw explain(error, entry);
    }
    return true;
  }

  content(bytes: Buffer, position: number): void {
    const file = this.#file;
    if (file === undefined) return; // content of an entry that says nothing, such as a whiteout
    try {
      for (let at = 0; at < bytes.length;)
        at += writeSync(file.fd, bytes, at, bytes.length - at, position + at);
    } catch (error) {
      throw explain(error, file.entry);
    }
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      const { fd, path, entry } = file;
      if (entry.sparse !== undefined) ftruncateSync(fd, entry.size);
      this.#attributes.applyToFile(fd, entry);
      this.close();
      this.#attributes.applyByPath(this.#tree.systemPath(path), entry);
    } catch (error) {
      throw explain(error, file.entry);
    }
  }

  /** Closes the file under way. */
  close(): void {
    const fd = this.#file?.fd;
    this.#file = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Makes whiteouts and gives directories their attributes, which would change while entries are put into them. */
  finish(): void {
    this.#finishDirectory(this.#tree.root, "");
  }

  #put(entry: TarEntry): void {
    const path = parseEntryPath(entry.path);
    const whiteout = parseWhiteout(path);
    if (whiteout?.kind === "remove") {
      const { parent, name } = this.#tree.place(whiteout.path, entry);
      parent.removed.add(name);
      this.needsSyscallsToFinish = true;
    } else if (whiteout?.kind === "opaque") {
      this.#tree.directory(whiteout.directory, entry).opaque = true;
      this.needsSyscallsToFinish = true;
    } else if (whiteout === undefined) this.#putOrdinary(entry, path);
  }

  #putOrdinary(entry: TarEntry, path: string): void {
    if (path === "") {
      if (entry.type !== "directory")
        throw new HostileEntryError(entry.path, "the root of a layer is a directory");
      this.#tree.root.entry = entry;
      this.needsSyscallsToFinish ||= needsSyscalls(entry);
      return;
    }
    const place = this.#tree.place(path, entry);
    switch (entry.type) {
      case "file":
        this.#file = { fd: this.#create(place, (full) => openSync(full, NEW_FILE, 0o600)), path, entry };
        break;
      case "directory":
        this.#tree.makeDirectory(place, entry).entry = entry;
        this.needsSyscallsToFinish ||= needsSyscalls(entry);
        break;
      case "symlink":
        this.#putSymlink(entry, place);
        break;
      case "link":
        this.#putLink(entry, place);
        break;
      default:
        this.#putNode(entry, entry.type, place);
    }
  }

  #putSymlink(entry: TarEntry, place: Place): void {
    const { linkName = "" } = entry;
    if (linkName === "") throw new HostileEntryError(entry.path, "it is a symbolic link to nothing");
    const full = this.#create(place, (path) => {
      symlinkSync(systemPath(linkName), path);
      return path;
    });
    this.#attributes.applyToLink(full, entry);
  }

  #putLink(entry: TarEntry, place: Place): void {
    const target = parseLinkTarget(entry);
    if (this.#skippedDevices.has(target)) {
      this.#skipDevice(place, entry);
      return;
    }
    const parent = this.#tree.find(parentOf(target));
    const full = this.#tree.systemPath(target);
    if (parent === undefined || parent.children.has(nameOf(target)) || !exists(full)) {
      throw new HostileEntryError(
        entry.path,
        `it is a hard link to ${JSON.stringify(target)}, which is no file before it`,
      );
    }
    if (target !== place.path) this.#create(place, (path) => linkSync(full, path));
  }

  /** Devices cannot be made in a user namespace; podman leaves them out there too. 0:0 would be overlay's whiteout. */
  #putNode(entry: TarEntry, type: keyof typeof NODE_TYPE, place: Place): void {
    const { device } = entry;
    if (type === "character" && device?.major === 0 && device.minor === 0) {
      this.#skipDevice(place, entry);
      return;
    }
    const calls = requireSyscalls();
    try {
      const full = this.#create(place, (path) => {
        calls.makeNode(path, NODE_TYPE[type] | 0o600, device);
        return path;
      });
      this.#attributes.applyToNode(full, entry);
    } catch (error) {
      if (type === "fifo" || errnoOf(error) !== "EPERM") throw error;
      this.#skipDevice(place, entry);
    }
  }

  #skipDevice(place: Place, entry: TarEntry): void {
    if (exists(this.#tree.systemPath(place.path))) this.#tree.remove(place);
    this.#skippedDevices.add(place.path);
    this.#attributes.skip(`${entry.path} (device)`);
  }

  /** Makes something that is no directory; what was at its place goes. */
  #create<Result>(place: Place, make: (path: string | Buffer) => Result): Result {
    const full = this.#tree.systemPath(place.path);
    if (this.#skippedDevices.size > 0) this.#skippedDevices.delete(place.path);
    try {
      return make(full);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      this.#tree.remove(place);
      return make(full);
    }
  }

  #finishDirectory(node: DirectoryNode, path: string): void {
    for (const [name, child] of node.children) {
      // The directory is this layer's own: what is removed of that name is the one below, with all that is in it.
      if (node.removed.delete(name)) child.opaque = true;
      this.#finishDirectory(child, joinPath(path, name));
    }
    const full = this.#tree.systemPath(path);
    try {
      for (const name of node.removed) this.#makeWhiteout(joinPath(path, name));
      if (node.opaque) requireSyscalls().setXattr(full, OPAQUE_XATTR, Buffer.from("y"));
      if (node.entry !== undefined) this.#attributes.applyToNode(full, node.entry);
      else if (node.cause !== undefined) this.#attributes.applyToNode(full, impliedBy(node.cause, path));
    } catch (error) {
      throw explain(error, node.entry ?? node.cause ?? impliedBy(undefined, path));
    }
  }

  /** A file of the same layer hides the lower one anyway (image-spec: whiteouts apply to lower layers only). */
  #makeWhiteout(path: string): void {
    const full = this.#tree.systemPath(path);
    if (!exists(full)) requireSyscalls().makeNode(full, S_IFCHR);
  }
}

/** A directory that no entry describes: as podman makes it, but with a time that does not depend on when. */
function impliedBy(cause: TarEntry | undefined, path: string): TarEntry {
  const mtime = Math.max(0, Math.floor(cause?.mtime ?? 0));
  const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  return { path, type: "directory", mode: 0o755, ...owner, size: 0, mtime };
}

/** The path of a hard link's target, which must be inside the layer. */
function parseLinkTarget(entry: TarEntry): string {
  try {
    const target = parseEntryPath(entry.linkName ?? "");
    if (target !== "" && parseWhiteout(target) === undefined) return target;
  } catch (error) {
    if (!(error instanceof HostileEntryError)) throw error;
    throw new HostileEntryError(entry.path, `of its hard link: ${error.why}`);
  }
  throw new HostileEntryError(entry.path, "it is a hard link to what is no file");
}

function exists(path: string | Buffer): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function requireSyscalls(): Syscalls {
  const calls = loadedSyscalls();
  if (calls === undefined) throw new Error("the system calls were not loaded before they are needed");
  return calls;
}

/** A failed system call, with the entry it was for; other errors say enough. */
function explain(error: unknown, entry: TarEntry): unknown {
  return errnoOf(error) === undefined ? error : new FileSystemError("unpack", entry.path, error);
}
