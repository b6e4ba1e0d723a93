import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { randomHex } from "./random-hex.ts";
import { writeFully } from "./write-fully.ts";

export interface AtomicFileOptions {
  /** Permission bits; set whatever the umask is. */
  readonly mode?: number;
  /** Whether to wait until the disk has it (default true). */
  readonly sync?: boolean;
}

/**
 * Writes a file so that readers see the old content or the new, never a part: temporary file beside it, fsync, rename,
 * fsync of the directory. The directory must exist.
 *
 * @throws {FileSystemError}
 */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicFileOptions = {},
): void {
  const { mode = 0o644, sync = true } = options;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const temporary = temporaryBeside(path);
  try {
    writeWhole(temporary, bytes, mode, sync);
    renameSync(temporary, path);
    if (sync) syncDirectory(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new FileSystemError("write", path, error);
  }
}

/** A new name beside a path, for what is to have that name when it is whole. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `${shortened(basename(path))}.${process.pid}.${randomHex(4)}.tmp`);
}

/** A name that leaves room for more of the 255 bytes that a file's name may have. */
export function shortened(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length > 200 ? bytes.subarray(0, 200).toString() : name;
}

/** Waits until the disk has the directory's entries. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    if (errnoOf(error) !== "EINVAL") throw error; // some file systems cannot sync a directory
  } finally {
    closeSync(fd);
  }
}

/** Makes a directory and its parents, as far as they are missing. Node's own recursive mkdir hides why it fails. */
export function makeDirectory(path: string, mode = 0o700): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && dirname(path) !== path) {
      makeDirectory(dirname(path), mode);
      makeLast(path, mode);
    } else if (!isThere(path, error)) throw new FileSystemError("create directory", path, error);
  }
}

/** Once: below a current folder that was removed the parent is there, and takes nothing. */
function makeLast(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isThere(path, error)) throw new FileSystemError("create directory", path, error);
  }
}

/** Whether the system refused to make a folder because there is one. */
function isThere(path: string, error: unknown): boolean {
  return errnoOf(error) !== undefined && isDirectory(path);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function writeWhole(path: string, bytes: Uint8Array, mode: number, sync: boolean): void {
  const previous = process.umask(0);
  let fd: number;
  try {
    fd = openSync(path, "wx", mode);
  } finally {
    process.umask(previous);
  }
  try {
    writeFully(fd, bytes);
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
