import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { writeFully } from "../io/index.ts";
import { nameOf, parentOf, parseEntryPath } from "./entry-path.ts";
import { HostileEntryError } from "./errors.ts";
import { partBeside, sweepParts } from "./file-parts.ts";
import { systemPath } from "./path-bytes.ts";
import { readTar } from "./read-tar.ts";
import type { TarEntry } from "./tar-entry.ts";

export interface UnpackTreeOptions {
  /** Who owns what is made: everybody keeps his files, one user gets all, or nobody is asked (those of this process). */
  readonly owner?: "keep" | { readonly uid: number; readonly gid: number };
  /** Whether folders on the way may be symbolic links: only where the kernel confines this process to the tree. */
  readonly followsFolders?: boolean;
  /** Whether a folder may replace a file, and a file a folder. */
  readonly overwrite?: boolean;
  /** Another name for the first part of every entry's path. */
  readonly rename?: { readonly from: string; readonly to: string };
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Puts the entries of an archive below a folder that may have content: files are replaced, folders are merged. No entry
 * leads out of the folder; devices, fifos and sockets are left out.
 *
 * @throws {HostileEntryError | InvalidTarError | FileSystemError}
 */
export async function unpackTree(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  options: UnpackTreeOptions = {},
): Promise<void> {
  const folders = new Map<string, TarEntry>();
  const swept = new Set<string>();
  for await (const { entry, content } of readTar(archive)) {
    const path = renamed(parseEntryPath(entry.path), options);
    try {
      if (path === "") {
        if (entry.type === "directory") folders.set("", entry);
        continue;
      }
      const parent = parentOf(path);
      enter(folder, parent, options);
      if (!swept.has(parent)) sweepParts(`${folder}/${parent}`);
      swept.add(parent);
      await put(folder, path, { entry, content }, options);
      if (entry.type === "directory") folders.set(path, entry);
    } catch (error) {
      throw errnoOf(error) === undefined || error instanceof FileSystemError
        ? error
        : new FileSystemError("write", `${folder}/${path}`, error);
    }
  }
  for (const [path, entry] of [...folders].reverse()) {
    if (path === "" && options.rename === undefined) continue; // the folder is the caller's
    const full = systemPath(`${folder}/${path}`);
    chmodSync(full, entry.mode);
    lutimesSync(full, entry.mtime, entry.mtime);
  }
}

function renamed(path: string, { rename }: UnpackTreeOptions): string {
  if (rename === undefined) return path;
  if (path === rename.from) return rename.to;
  return path.startsWith(`${rename.from}/`) ? rename.to + path.slice(rename.from.length) : path;
}

/** Sees to it that a folder on the way is one, and makes it where it is missing. */
function enter(root: string, path: string, { followsFolders = false }: UnpackTreeOptions): void {
  let walked = "";
  for (const name of path === "" ? [] : path.split("/")) {
    walked = walked === "" ? name : `${walked}/${name}`;
    const full = systemPath(`${root}/${walked}`);
    const stats = (followsFolders ? statSync : lstatSync)(full, { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(full, 0o755);
    else if (!stats.isDirectory())
      throw new HostileEntryError(path, `${JSON.stringify(walked)} on its way is not a directory`);
  }
}

interface Member {
  readonly entry: TarEntry;
  readonly content: AsyncIterable<Uint8Array>;
}

async function put(
  root: string,
  path: string,
  { entry, content }: Member,
  options: UnpackTreeOptions,
): Promise<void> {
  const full = systemPath(`${root}/${path}`);
  switch (entry.type) {
    case "directory":
      if (!takeFolder(full, options)) mkdirSync(full, 0o700);
      break;
    case "file":
      await writeFile(full, { entry, content }, options);
      return;
    case "symlink":
      makeRoom(full, options);
      symlinkSync(systemPath(entry.linkName ?? ""), full);
      break;
    case "link": {
      const target = renamed(parseEntryPath(entry.linkName ?? ""), options);
      enter(root, parentOf(target), options);
      if (target === path || nameOf(target) === "") return;
      makeRoom(full, options);
      linkSync(systemPath(`${root}/${target}`), full);
      return;
    }
    default:
      return;
  }
  giveTo(full, entry, options);
  if (entry.type !== "directory") lutimesSync(full, entry.mtime, entry.mtime);
}

/** Whether there is a folder already. */
function takeFolder(
  full: string | Buffer,
  { followsFolders = false, overwrite = false }: UnpackTreeOptions,
): boolean {
  const stats = (followsFolders ? statSync : lstatSync)(full, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return true;
  if (lstatSync(full, { throwIfNoEntry: false }) === undefined) return false;
  if (!overwrite) throw new FileSystemError("replace by a directory", String(full), errno("ENOTDIR"));
  rmSync(full);
  return false;
}

function makeRoom(full: string | Buffer, { overwrite = false }: UnpackTreeOptions): void {
  const stats = lstatSync(full, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory() && !overwrite)
    throw new FileSystemError("replace by a file", String(full), errno("EISDIR"));
  rmSync(full, { recursive: stats.isDirectory() });
}

async function writeFile(
  full: string | Buffer,
  { entry, content }: Member,
  options: UnpackTreeOptions,
): Promise<void> {
  const part = partBeside(full);
  try {
    const there = lstatSync(full, { throwIfNoEntry: false });
    await writePart(part, { entry, content }, { ...options, isReplacing: there?.isFile() === true });
    if (there?.isDirectory() === true) makeRoom(full, options);
    renameSync(part, full);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

async function writePart(
  part: Buffer,
  { entry, content }: Member,
  options: UnpackTreeOptions & { readonly isReplacing: boolean },
): Promise<void> {
  const fd = openSync(part, NEW_FILE, 0o600);
  try {
    for await (const piece of content) writeFully(fd, piece);
    const owner = ownerFor(entry, options);
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, entry.mode);
    if (options.isReplacing) fsyncSync(fd); // else a crash could leave neither the old content nor the new
  } finally {
    closeSync(fd);
  }
  lutimesSync(part, entry.mtime, entry.mtime);
}

function giveTo(full: string | Buffer, entry: TarEntry, options: UnpackTreeOptions): void {
  const owner = ownerFor(entry, options);
  if (owner !== undefined) lchownSync(full, owner.uid, owner.gid);
}

function ownerFor(entry: TarEntry, { owner }: UnpackTreeOptions): { uid: number; gid: number } | undefined {
  return owner === "keep" ? { uid: entry.uid, gid: entry.gid } : owner;
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}
