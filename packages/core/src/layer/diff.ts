import { closeSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { loadSyscalls } from "./syscalls.ts";
import { TarWriter, type WrittenTar } from "./tar-writer.ts";
import { UpperWalk } from "./upper-walk.ts";

export interface DiffLayerOptions {
  /** Overlay upper directory: char 0:0 is a removed path, xattr `user.overlay.opaque` = `y` an opaque directory. */
  readonly upper: string;
  /** File descriptor, path of a file to make, or stream (which is not ended). */
  readonly output: number | string | Writable;
  /** Whether the root directory itself becomes an entry `./`; default no: lower layers say what it is. */
  readonly root?: boolean;
  /** Times that entries get, in the directory too, so that it stays what the layer says; default those they have. */
  readonly times?: LayerTimes;
}

/** Which times become another, in seconds since the epoch. */
export interface LayerTimes {
  /** Later ones do; default all. */
  readonly after?: number;
  readonly become: number;
}

/**
 * Writes an overlay upper directory as an uncompressed OCI layer: sorted by name, whiteouts as `.wh.` entries, hard
 * links and xattrs kept, overlay's own xattrs and SELinux labels left out, sockets skipped. The same tree gives the same
 * bytes. Runs where the tree's owners exist, that is as root of the same user namespace.
 *
 * Spec: image-spec layer.md "Creating".
 *
 * @throws {UnsupportedUpperError} for overlay features that no layer can express.
 * @throws {FileSystemError} when something cannot be read or written.
 * @throws {FileChangedError} when a file is written to meanwhile.
 */
export async function diffLayer({
  upper,
  output,
  root = false,
  times,
}: DiffLayerOptions): Promise<WrittenTar> {
  const calls = await loadSyscalls();
  if (typeof output !== "string") return writeUpper(output);
  const fd = openOutput(output);
  try {
    return await writeUpper(fd);
  } finally {
    closeSync(fd);
  }

  async function writeUpper(target: number | Writable): Promise<WrittenTar> {
    try {
      const writer = new TarWriter(target);
      for (const { entry, path } of new UpperWalk(upper, calls, { root, times })) {
        await writer.add(entry, { path });
      }
      return await writer.finish();
    } catch (error) {
      throw errnoOf(error) === undefined ? error : new FileSystemError("make a layer of", upper, error);
    }
  }
}

function openOutput(path: string): number {
  try {
    return openSync(path, "w", 0o600);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}
