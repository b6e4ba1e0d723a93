import { Digester, type Compression, type Digest } from "../oci/index.ts";
import { readBlob } from "./blob.ts";
import { LayerTooLargeError } from "./errors.ts";
import type { OwnerMaps } from "./owner-maps.ts";
import { LayerUnpacker } from "./unpacker.ts";
import { loadSyscalls } from "./syscalls.ts";
import { TarReader } from "./tar-reader.ts";

export interface ApplyLayerOptions {
  /** Path of the layer blob. */
  readonly blob: string;
  readonly compression: Compression;
  /** An empty directory that nobody else writes to; what a failure leaves in it is the caller's to remove. */
  readonly target: string;
  readonly limits?: ApplyLimits;
  /** What the owners of entries become: `hostId` of the range their id is in. Default they stay. */
  readonly ids?: OwnerMaps;
}

/** More than any honest layer needs; less than what stops a machine. */
export interface ApplyLimits {
  /** Default two million. */
  readonly entries?: number;
  /** Bytes of the uncompressed archive; default 1 TiB. */
  readonly size?: number;
}

export interface AppliedLayer {
  /** Digest of the uncompressed archive. */
  readonly diffId: Digest;
  /** Bytes of the uncompressed archive. */
  readonly size: number;
  readonly entries: number;
  /** What could not be made here, as in `dev/null (device)`: devices and some xattrs in a user namespace. At most 1000. */
  readonly skipped: readonly string[];
}

/**
 * Unpacks a layer into a directory in overlay's format: a removed path is a character device 0:0, an opaque directory has
 * the xattr `user.overlay.opaque` = `y` (mount with `userxattr`). Owners, modes with set-id bits, times to the nanosecond,
 * xattrs, hard links and sparse files are kept. No name or link ever leads out of the directory or through a symlink.
 * Runs as root of a user namespace, or as any user when all entries are that user's.
 *
 * Spec: image-spec layer.md "Applying Changesets".
 *
 * @throws {HostileEntryError | InvalidTarError | DamagedCompressionError | LayerTooLargeError}
 * @throws {EntryOwnerError} when an entry's owner does not exist in this user namespace.
 * @throws {FileSystemError} when the disk is full, and so on.
 */
export async function applyLayer(options: ApplyLayerOptions): Promise<AppliedLayer> {
  const { blob, compression, target, limits = {} } = options;
  const digester = new Digester();
  const unpacker = new LayerUnpacker(target, limits.entries ?? 2_000_000, options.ids);
  const reader = new TarReader(unpacker);
  const sizeLimit = limits.size ?? 2 ** 40;
  const resume = async () => {
    while (reader.paused) {
      await loadSyscalls();
      reader.resume();
    }
  };
  try {
    await readBlob(blob, compression, (piece) => {
      digester.update(piece);
      if (digester.size > sizeLimit) throw new LayerTooLargeError("bytes", sizeLimit);
      reader.write(piece);
      return reader.paused ? resume() : undefined;
    });
    reader.finish();
    if (unpacker.needsSyscallsToFinish) await loadSyscalls();
    unpacker.finish();
  } finally {
    unpacker.close();
  }
  const size = digester.size;
  return { diffId: digester.digest(), size, entries: unpacker.entries, skipped: unpacker.skipped };
}
