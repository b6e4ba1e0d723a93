import { InvalidTarError } from "./errors.ts";
import { decodePath } from "./path-bytes.ts";
import type { SparseExtent, TarEntry, TarEntryType } from "./tar-entry.ts";
import type { TarHeader } from "./tar-header.ts";
import { paxInteger, paxTime, type PaxRecords } from "./tar-pax.ts";
import { checkExtents, sparseOfPax } from "./tar-sparse.ts";

/** What stood before a header and changes what it says. */
export interface HeaderContext {
  readonly global: PaxRecords;
  readonly records: PaxRecords | undefined;
  /** GNU's long name and long link name. */
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
  /** Of an old GNU sparse file. */
  readonly old: { readonly realSize: number; readonly extents: readonly SparseExtent[] } | undefined;
}

export interface CreatedEntry {
  readonly entry: TarEntry;
  /** Bytes that follow in the archive, without padding. */
  readonly storedSize: number;
  /** Whether they begin with a sparse map. */
  readonly mapInContent: boolean;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  "0": "file",
  "1": "link",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
  "7": "file",
  S: "file",
};

/** Limits of what Linux can store: the largest id that is not "none", and ext4's largest file. */
const ID_LIMIT = 2 ** 32 - 2;
const FILE_SIZE_LIMIT = 2 ** 44;

const XATTR_KEY = "SCHILY.xattr.";

/**
 * The entry that a header stands for, with PAX records and long names applied.
 *
 * @throws {InvalidTarError} for unknown types, and values no file can have.
 */
export function createEntry(header: TarHeader, context: HeaderContext): CreatedEntry {
  try {
    return create(header, context);
  } catch (error) {
    if (error instanceof InvalidTarError) throw new InvalidTarError(error.why, header.path);
    throw error;
  }
}

function create(
  header: TarHeader,
  { global, records, longName, longLink, old }: HeaderContext,
): CreatedEntry {
  const pax = mergeRecords(global, records);
  const known = TYPES[header.flag];
  if (known === undefined) throw new InvalidTarError(`its type ${JSON.stringify(header.flag)} is unknown`);
  const named = textRecord(pax, "path") ?? longName ?? header.path;
  const type = known === "file" && named.endsWith("/") && header.flag !== "S" ? "directory" : known;
  const storedSize = known === "file" ? (sizeRecord(pax) ?? header.size) : 0;
  const sparse = type === "file" ? sparseOf(pax, old, storedSize) : undefined;
  const size = type === "file" ? (sparse?.size ?? storedSize) : 0;
  if (Math.max(size, storedSize) > FILE_SIZE_LIMIT) {
    throw new InvalidTarError(`its size of ${size} bytes is absurd`);
  }
  const path = sparse?.path ?? named;
  const xattrs = pax === undefined ? undefined : xattrsOf(pax);
  const linkName = textRecord(pax, "linkpath") ?? longLink ?? header.linkName;
  const entry: TarEntry = {
    path: type === "directory" ? withoutTrailingSlashes(path) : path,
    type,
    mode: header.mode,
    uid: checkId(pax === undefined ? header.uid : (paxInteger(pax, "uid") ?? header.uid)),
    gid: checkId(pax === undefined ? header.gid : (paxInteger(pax, "gid") ?? header.gid)),
    size,
    mtime: header.mtime,
    ...(pax === undefined ? undefined : paxTime(pax, "mtime")),
    ...(type === "symlink" || type === "link" ? { linkName } : undefined),
    ...(type === "character" || type === "block"
      ? { device: { major: header.major, minor: header.minor } }
      : undefined),
    ...(xattrs === undefined ? undefined : { xattrs }),
    ...(sparse?.extents === undefined ? undefined : { sparse: sparse.extents }),
  };
  return { entry, storedSize, mapInContent: sparse !== undefined && sparse.extents === undefined };
}

function mergeRecords(global: PaxRecords, records: PaxRecords | undefined): PaxRecords | undefined {
  if (global.size === 0) return records;
  return records === undefined ? global : new Map([...global, ...records]);
}

function sparseOf(
  pax: PaxRecords | undefined,
  old: HeaderContext["old"],
  storedSize: number,
): { size: number; path?: string | undefined; extents?: readonly SparseExtent[] } | undefined {
  if (old !== undefined) {
    checkExtents(old.extents, old.realSize, storedSize);
    return { size: old.realSize, extents: old.extents };
  }
  const sparse = pax === undefined ? undefined : sparseOfPax(pax);
  if (sparse === undefined) return undefined;
  const { path, realSize, map } = sparse;
  if (realSize === undefined) throw new InvalidTarError("its sparse map comes without its real size");
  if (map === "in content") return { size: realSize, path };
  checkExtents(map, realSize, storedSize);
  return { size: realSize, path, extents: map };
}

function textRecord(pax: PaxRecords | undefined, key: string): string | undefined {
  const value = pax?.get(key);
  if (value === undefined || value.length === 0) return undefined;
  if (value.includes(0)) throw new InvalidTarError(`its PAX record ${key} holds a NUL byte`);
  return decodePath(value);
}

function sizeRecord(pax: PaxRecords | undefined): number | undefined {
  return pax === undefined ? undefined : paxInteger(pax, "size");
}

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Uint8Array> | undefined {
  let xattrs: Map<string, Uint8Array> | undefined;
  for (const [key, value] of pax) {
    if (key.startsWith(XATTR_KEY)) (xattrs ??= new Map()).set(key.slice(XATTR_KEY.length), value);
  }
  return xattrs;
}

function checkId(id: number): number {
  if (id < 0 || id > ID_LIMIT) throw new InvalidTarError(`its owner ${id} is out of range`);
  return id;
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}
