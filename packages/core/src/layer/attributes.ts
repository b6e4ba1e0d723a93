import { chmodSync, fchmodSync, fchownSync, futimesSync, lchownSync, lutimesSync, utimesSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { EntryOwnerError } from "./errors.ts";
import { mapId, type OwnerMaps } from "./owner-maps.ts";
import { isHostXattr } from "./overlay.ts";
import { loadedSyscalls } from "./syscalls.ts";
import { exactTimeOf, type TarEntry } from "./tar-entry.ts";

const SKIPPED_LIMIT = 1000;

/** Failures that mean "not in this user namespace" or "not on this file system"; podman goes on after them too. */
const XATTR_REFUSED = new Set(["EPERM", "ENOTSUP"]);

/** Gives unpacked files the owner, mode, xattrs and time of their entry, in the order in which none undoes another. */
export class AttributeWriter {
  /** What could not be given. */
  readonly skipped: string[] = [];
  readonly #uid = process.geteuid?.() ?? 0;
  readonly #gid = process.getegid?.() ?? 0;
  readonly #ids: OwnerMaps | undefined;

  constructor(ids?: OwnerMaps) {
    this.#ids = ids;
  }

  skip(what: string): void {
    if (this.skipped.length < SKIPPED_LIMIT) this.skipped.push(what);
  }

  /** What goes through the open file. The rest is `applyByPath`. */
  applyToFile(fd: number, entry: TarEntry): void {
    this.#own(entry, (uid, gid) => fchownSync(fd, uid, gid));
    fchmodSync(fd, entry.mode); // after the owner, whose change drops set-id bits
    if (!needsSyscalls(entry)) futimesSync(fd, entry.mtime, entry.mtime);
  }

  /** What Node cannot do: xattrs and exact times. */
  applyByPath(path: string | Buffer, entry: TarEntry): void {
    if (!needsSyscalls(entry)) return;
    this.#setXattrs(path, entry);
    setExactTime(path, entry);
  }

  /** Of a directory, fifo or device. */
  applyToNode(path: string | Buffer, entry: TarEntry): void {
    this.#own(entry, (uid, gid) => lchownSync(path, uid, gid));
    chmodSync(path, entry.mode);
    this.#setXattrs(path, entry);
    if (hasPlainTime(entry)) utimesSync(path, entry.mtime, entry.mtime);
    else setExactTime(path, entry);
  }

  /** Of a symbolic link, which has no mode. */
  applyToLink(path: string | Buffer, entry: TarEntry): void {
    this.#own(entry, (uid, gid) => lchownSync(path, uid, gid));
    this.#setXattrs(path, entry);
    if (hasPlainTime(entry)) lutimesSync(path, entry.mtime, entry.mtime);
    else setExactTime(path, entry);
  }

  #own(entry: TarEntry, change: (uid: number, gid: number) => void): void {
    const uid = this.#ids === undefined ? entry.uid : mapId(entry.uid, this.#ids.uids);
    const gid = this.#ids === undefined ? entry.gid : mapId(entry.gid, this.#ids.gids);
    if (uid === this.#uid && gid === this.#gid) return;
    if (uid === undefined || gid === undefined)
      throw new EntryOwnerError(entry.path, entry.uid, entry.gid, undefined);
    try {
      change(uid, gid);
    } catch (error) {
      const code = errnoOf(error);
      if (code !== "EPERM" && code !== "EINVAL") throw error;
      throw new EntryOwnerError(entry.path, entry.uid, entry.gid, error);
    }
  }

  #setXattrs(path: string | Buffer, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs ?? []) {
      if (isHostXattr(name)) continue;
      try {
        loadedSyscalls()?.setXattr(path, name, value);
      } catch (error) {
        if (!XATTR_REFUSED.has(errnoOf(error) ?? "")) throw error;
        this.skip(`${entry.path} (xattr ${name})`);
      }
    }
  }
}

/** Whether an entry can only be made with system calls that Node lacks. */
export function needsSyscalls(entry: TarEntry): boolean {
  const { type, xattrs } = entry;
  if (type === "link") return false;
  if (type === "fifo" || type === "character" || type === "block") return true;
  return (xattrs !== undefined && xattrs.size > 0) || !hasPlainTime(entry);
}

/** Whether Node sets the time exactly: it takes a double, and times before the epoch for the present. */
function hasPlainTime({ mtime, nanoseconds = 0 }: TarEntry): boolean {
  return nanoseconds === 0 && mtime >= 0 && Number.isInteger(mtime);
}

function setExactTime(path: string | Buffer, entry: TarEntry): void {
  const { seconds, nanoseconds } = exactTimeOf(entry);
  loadedSyscalls()?.setTime(path, seconds, nanoseconds);
}
