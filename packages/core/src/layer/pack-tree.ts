import { lstatSync, readlinkSync, type BigIntStats } from "node:fs";
import { decodePath, systemPath } from "./path-bytes.ts";
import { loadSyscalls } from "./syscalls.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TarWriter } from "./tar-writer.ts";
import { UpperWalk } from "./upper-walk.ts";

/**
 * Adds a file or a folder with all that is in it to an archive.
 *
 * @param name its name there; "" for what is in a folder without the folder itself
 */
export async function packTree(path: string, name: string, writer: TarWriter): Promise<void> {
  const stats = lstatSync(systemPath(path), { bigint: true });
  if (!stats.isDirectory()) {
    await writer.add(describeFile(path, name, stats), { path });
    return;
  }
  const calls = await loadSyscalls();
  const below = (inside: string): string =>
    inside === "." ? (name === "" ? "." : name) : name === "" ? inside : `${name}/${inside}`;
  for (const { entry, path: file } of new UpperWalk(path, calls, { root: true, times: undefined })) {
    const { linkName } = entry;
    const renamed =
      entry.type === "link" && linkName !== undefined ? { linkName: below(linkName) } : undefined;
    await writer.add({ ...entry, path: below(entry.path), ...renamed }, { path: file });
  }
}

function describeFile(path: string, name: string, stats: BigIntStats): TarEntry {
  const nanoseconds = Number(((stats.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  const isLink = stats.isSymbolicLink();
  return {
    path: name,
    type: isLink ? "symlink" : "file",
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: isLink ? 0 : Number(stats.size),
    mtime: Number((stats.mtimeNs - BigInt(nanoseconds)) / 1_000_000_000n) + nanoseconds / 1e9,
    nanoseconds,
    ...(isLink ? { linkName: decodePath(readlinkSync(systemPath(path), { encoding: "buffer" })) } : {}),
  };
}
