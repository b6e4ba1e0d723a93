import { lstatSync, lutimesSync, readdirSync, readlinkSync, type BigIntStats } from "node:fs";
import type { LayerTimes } from "./diff.ts";
import { joinPath } from "./entry-path.ts";
import { UnsupportedUpperError } from "./errors.ts";
import { isHostXattr, isOverlayXattr } from "./overlay.ts";
import { decodePath, systemPath } from "./path-bytes.ts";
import type { Syscalls } from "./syscalls.ts";
import type { TarEntry, TarEntryType } from "./tar-entry.ts";
import { OPAQUE_WHITEOUT, WHITEOUT_PREFIX } from "./whiteout.ts";

/** An entry of the layer, and the file on disk that it describes. */
export interface UpperEntry {
  readonly entry: TarEntry;
  readonly path: string;
}

/** Goes through an overlay upper directory in the order of a layer: parents first, names sorted by their bytes. */
export class UpperWalk implements Iterable<UpperEntry> {
  readonly #upper: string;
  readonly #calls: Syscalls;
  readonly #root: boolean;
  readonly #times: LayerTimes | undefined;
  /** The first name of files that have several, by device and inode. */
  readonly #linked = new Map<string, string>();

  constructor(upper: string, calls: Syscalls, options: { root: boolean; times: LayerTimes | undefined }) {
    this.#upper = upper;
    this.#calls = calls;
    this.#root = options.root;
    this.#times = options.times;
  }

  *[Symbol.iterator](): Generator<UpperEntry> {
    const stats = lstatSync(systemPath(this.#upper), { bigint: true });
    const xattrs = this.#xattrsOf(this.#upper, "");
    const root = this.#describe(".", "directory", stats, xattrs.kept);
    if (this.#root) yield { entry: root, path: this.#upper };
    yield* this.#walkDirectory("", xattrs.overlay);
  }

  *#walkDirectory(directory: string, overlay: ReadonlyMap<string, Buffer>): Generator<UpperEntry> {
    if (isOpaque(overlay)) yield this.#whiteout(joinPath(directory, OPAQUE_WHITEOUT));
    for (const name of sortedNames(systemPath(this.#onDisk(directory)))) {
      yield* this.#walk(directory, name);
    }
  }

  *#walk(directory: string, name: string): Generator<UpperEntry> {
    const path = joinPath(directory, name);
    const onDisk = this.#onDisk(path);
    const stats = lstatSync(systemPath(onDisk), { bigint: true });
    const type = typeOf(stats);
    if (type === undefined) return;
    if (type === "character" && stats.rdev === 0n) {
      yield this.#whiteout(joinPath(directory, WHITEOUT_PREFIX + name));
      return;
    }
    const first = this.#firstNameOf(path, type, stats);
    if (first !== undefined) {
      yield { entry: { ...this.#describe(path, "link", stats), linkName: first }, path: onDisk };
      return;
    }
    const { kept, overlay } = this.#xattrsOf(onDisk, path);
    if (type === "file" && stats.size === 0n && hasOverlay(overlay, "whiteout")) {
      yield this.#whiteout(joinPath(directory, WHITEOUT_PREFIX + name));
      return;
    }
    yield { entry: this.#describe(path, type, stats, kept), path: onDisk };
    if (type === "directory") yield* this.#walkDirectory(path, overlay);
  }

  #describe(
    path: string,
    type: TarEntryType,
    stats: BigIntStats,
    xattrs?: ReadonlyMap<string, Uint8Array>,
  ): TarEntry {
    return {
      path,
      type,
      mode: Number(stats.mode) & 0o7777,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      size: type === "file" ? Number(stats.size) : 0,
      ...this.#timeOf(path, stats),
      ...(type === "symlink" ? { linkName: readLink(this.#onDisk(path)) } : undefined),
      ...(type === "character" || type === "block" ? { device: decodeDevice(stats.rdev) } : undefined),
      ...(xattrs === undefined || xattrs.size === 0 ? undefined : { xattrs }),
    };
  }

  #timeOf(path: string, { mtimeNs }: BigIntStats): { mtime: number; nanoseconds: number } {
    const nanoseconds = Number(((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    const mtime = Number((mtimeNs - BigInt(nanoseconds)) / 1_000_000_000n) + nanoseconds / 1e9;
    if (this.#times === undefined || mtime <= (this.#times.after ?? -Infinity)) return { mtime, nanoseconds };
    const { become } = this.#times;
    lutimesSync(systemPath(this.#onDisk(path)), become, become);
    return { mtime: become, nanoseconds: 0 };
  }

  /** Whiteouts have no attributes of their own: the same removal gives the same bytes. */
  #whiteout(path: string): UpperEntry {
    return {
      entry: { path, type: "file", mode: 0o600, uid: 0, gid: 0, size: 0, mtime: 0 },
      path: this.#upper,
    };
  }

  /** The name under which this inode was written before; undefined when this is the first. */
  #firstNameOf(path: string, type: TarEntryType, { nlink, dev, ino }: BigIntStats): string | undefined {
    if (type === "directory" || nlink < 2n) return undefined;
    const key = `${dev}:${ino}`;
    const first = this.#linked.get(key);
    if (first === undefined) this.#linked.set(key, path);
    return first;
  }

  #xattrsOf(
    onDisk: string,
    path: string,
  ): { kept: ReadonlyMap<string, Uint8Array>; overlay: ReadonlyMap<string, Buffer> } {
    const kept = new Map<string, Uint8Array>();
    const overlay = new Map<string, Buffer>();
    const system = systemPath(onDisk);
    for (const name of this.#calls.listXattrs(system)) {
      if (isHostXattr(name) && !isOverlayXattr(name)) continue;
      const value = this.#calls.getXattr(system, name);
      if (value !== undefined) (isOverlayXattr(name) ? overlay : kept).set(name, value);
    }
    for (const feature of ["redirect", "metacopy"]) {
      if (hasOverlay(overlay, feature)) throw new UnsupportedUpperError(path, feature);
    }
    return { kept, overlay };
  }

  #onDisk(path: string): string {
    return path === "" || path === "." ? this.#upper : `${this.#upper}/${path}`;
  }
}

function sortedNames(directory: string | Buffer): string[] {
  const names = readdirSync(directory, { encoding: "buffer" });
  return names.sort((a, b) => Buffer.compare(a, b)).map(decodePath);
}

function typeOf(stats: BigIntStats): TarEntryType | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "character";
  if (stats.isBlockDevice()) return "block";
  return stats.isFIFO() ? "fifo" : undefined; // sockets belong to the process that made them
}

function readLink(path: string): string {
  return decodePath(readlinkSync(systemPath(path), { encoding: "buffer" }));
}

function isOpaque(overlay: ReadonlyMap<string, Buffer>): boolean {
  return ["user", "trusted"].some(
    (space) => overlay.get(`${space}.overlay.opaque`)?.toString("latin1") === "y",
  );
}

function hasOverlay(overlay: ReadonlyMap<string, Buffer>, feature: string): boolean {
  return overlay.has(`user.overlay.${feature}`) || overlay.has(`trusted.overlay.${feature}`);
}

/** Major and minor of a device number as stat(2) gives it (glibc's gnu_dev_major and gnu_dev_minor). */
function decodeDevice(rdev: bigint): { major: number; minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
