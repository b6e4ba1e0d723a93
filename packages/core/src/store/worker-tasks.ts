import { chmodSync, chownSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";

/** Removes a tree, whoever its files belong to. */
export function removeTreeTask({ path }: { readonly path: string }): Promise<null> {
  rmSync(path, { recursive: true, force: true });
  return Promise.resolve(null);
}

/** Moves a directory to a place on the same file system. */
export function moveTreeTask({ from, to }: { readonly from: string; readonly to: string }): Promise<null> {
  renameSync(from, to);
  return Promise.resolve(null);
}

/** Gives one file or folder another owner and mode, as the namespace counts users. */
export function giveTask({ path, uid, gid, mode }: Gift): Promise<null> {
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return Promise.resolve(null);
}

interface Gift {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Bytes that a tree takes on the disk, hard links counted once, and how many entries it has. */
export function treeSizeTask({
  path,
}: {
  readonly path: string;
}): Promise<{ size: number; entries: number }> {
  const seen = new Set<number>();
  const folders = [Buffer.from(path)];
  let size = 0;
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of readdirSync(folder, { encoding: "buffer" })) {
      const child = Buffer.concat([folder, Buffer.from("/"), name]);
      const stat = lstatSync(child);
      if (stat.nlink === 1 || stat.isDirectory() || !seen.has(stat.ino)) size += stat.blocks * 512;
      if (stat.isDirectory()) folders.push(child);
      else seen.add(stat.ino);
      entries += 1;
    }
  }
  return Promise.resolve({ size, entries });
}
