import { closeSync, createReadStream, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf } from "../error/index.ts";
import { packTree } from "./pack-tree.ts";
import { loadSyscalls } from "./syscalls.ts";
import { TarWriter } from "./tar-writer.ts";
import { unpackTree, type UnpackTreeOptions } from "./unpack-tree.ts";

/** File descriptor of the worker through which archives come and go. */
export const ARCHIVE_FD = 4;

/** What is at a path of a tree. */
export interface TreePlace {
  readonly kind: "directory" | "file" | "nothing";
  /** Without symbolic links; of what is not there, where it would be made. */
  readonly path: string;
  /** Whether there is a folder to make it in. */
  readonly hasParent: boolean;
}

/** Makes a folder the root of this process for good: no link in it leads out of it any more. */
export async function enterTreeTask({ root }: { readonly root: string }): Promise<null> {
  const calls = await loadSyscalls();
  calls.changeRoot(root);
  process.chdir("/");
  return null;
}

export function lookUpTask({ path }: { readonly path: string }): Promise<TreePlace> {
  return Promise.resolve(lookUpPlace(path));
}

/** What is at a path; links are followed. */
export function lookUpPlace(path: string): TreePlace {
  try {
    const real = realpathSync(path);
    return { kind: statSync(real).isDirectory() ? "directory" : "file", path: real, hasParent: true };
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    const parent = statOf(dirname(path));
    const folder = parent === undefined ? dirname(path) : realpathSync(dirname(path));
    return {
      kind: "nothing",
      path: `${folder === "/" ? "" : folder}/${basename(path)}`,
      hasParent: parent?.isDirectory() === true,
    };
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Writes a file or folder as an archive, and closes the way it went. */
export async function packTreeTask({
  path,
  name,
}: {
  readonly path: string;
  readonly name: string;
}): Promise<null> {
  try {
    const writer = new TarWriter(ARCHIVE_FD);
    await packTree(path, name, writer);
    await writer.finish();
  } finally {
    closeSync(ARCHIVE_FD);
  }
  return null;
}

/** Unpacks the archive that comes. */
export async function unpackTreeTask({
  folder,
  ...options
}: UnpackTreeOptions & { readonly folder: string }): Promise<null> {
  await unpackTree(createReadStream("", { fd: ARCHIVE_FD, highWaterMark: 256 * 1024 }), folder, options);
  return null;
}
