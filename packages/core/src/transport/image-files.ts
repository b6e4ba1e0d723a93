import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { readSmallFile } from "./small-file.ts";

/** The files an image is stored in: those of a folder, or the members of an archive. Names are relative, with slashes. */
export interface ImageFiles extends AsyncDisposable {
  /** What messages call it. */
  readonly place: string;
  /** Bytes; undefined when there is no such file. */
  sizeOf(name: string): number | undefined;
  /** A file that must fit in memory; undefined when there is none. @throws {TooLargeError} */
  readBytes(name: string, limit: number): Buffer | undefined;
  /** From a file's first byte to its last; undefined when there is none. */
  open(name: string): Readable | undefined;
}

/** Bytes read at a time. */
export const READ_CHUNK = 128 * 1024;

/** The files of an OCI layout, whose blobs may be in a folder it shares with others. */
export function layoutFiles(path: string, sharedBlobs?: string): ImageFiles {
  const own = folderFiles(path);
  if (sharedBlobs === undefined) return own;
  const shared = folderFiles(sharedBlobs);
  const split = (name: string): [ImageFiles, string] =>
    name.startsWith("blobs/") ? [shared, name.slice("blobs/".length)] : [own, name];
  return {
    ...own,
    sizeOf(name) {
      const [files, inner] = split(name);
      return files.sizeOf(inner);
    },
    readBytes(name, limit) {
      const [files, inner] = split(name);
      return files.readBytes(inner, limit);
    },
    open(name) {
      const [files, inner] = split(name);
      return files.open(inner);
    },
  };
}

/** The files of a folder. */
export function folderFiles(path: string): ImageFiles {
  const sizeOf = (name: string): number | undefined => {
    const stat = statSync(join(path, name), { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat.size : undefined;
  };
  return {
    place: path,
    sizeOf,
    readBytes: (name, limit) => readSmallFile(join(path, name), limit),
    open: (name) =>
      sizeOf(name) === undefined
        ? undefined
        : createReadStream(join(path, name), { highWaterMark: READ_CHUNK }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
