/** What a tar entry can be; old and contiguous files are "file", hard links are "link". */
export type TarEntryType = "file" | "directory" | "symlink" | "link" | "fifo" | "character" | "block";

/** One member of a tar archive, without its content. */
export interface TarEntry {
  /**
   * Name as in the archive, without the slash at the end of a directory. Bytes that are not UTF-8 are kept as lone
   * surrogates (see path-bytes.ts).
   */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permission bits with set-id and sticky, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; of a sparse file with its holes. 0 for everything but files. */
  readonly size: number;
  /** Seconds since the epoch, with fraction; as a double it is good to about 0.3 µs. */
  readonly mtime: number;
  /** The exact fraction of `mtime`, 0 to 999999999 nanoseconds above the whole second before it. */
  readonly nanoseconds?: number;
  /** Target of a symbolic or hard link. */
  readonly linkName?: string;
  /** Of character and block devices. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes, such as "security.capability"; values are bytes. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** Where the stored bytes of a sparse file belong, in order; everything else is holes. Absent for plain files. */
  readonly sparse?: readonly SparseExtent[];
}

/** A run of data in a sparse file, both in bytes. */
export interface SparseExtent {
  readonly offset: number;
  readonly size: number;
}

/** Tar's unit, in bytes. */
export const BLOCK_SIZE = 512;

/** How many bytes must follow so many bytes to fill the last block. */
export function paddingOf(size: number): number {
  return -size & (BLOCK_SIZE - 1);
}

/** Bytes of content that the archive stores for an entry: less than its size when it is sparse. */
export function storedSizeOf(entry: TarEntry): number {
  if (entry.sparse === undefined) return entry.size;
  let stored = 0;
  for (const { size } of entry.sparse) stored += size;
  return stored;
}

/** An entry's time as whole seconds, rounded down, and nanoseconds above them; microseconds where only `mtime` is known. */
export function exactTimeOf({ mtime, nanoseconds }: Pick<TarEntry, "mtime" | "nanoseconds">): {
  seconds: number;
  nanoseconds: number;
} {
  if (nanoseconds !== undefined) return { seconds: Math.round(mtime - nanoseconds / 1e9), nanoseconds };
  const seconds = Math.floor(mtime);
  const microseconds = Math.round((mtime - seconds) * 1e6);
  return microseconds === 1e6
    ? { seconds: seconds + 1, nanoseconds: 0 }
    : { seconds, nanoseconds: microseconds * 1000 };
}
