import { chmodSync, closeSync, constants, copyFileSync, lutimesSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "./copy-source.ts";
import type { Tree } from "./tree.ts";

/**
 * Writes a part of a context to a folder of ours, as COPY would put it into an image. What is mounted from there cannot
 * change or lead elsewhere while a command sees it, whatever happens to the context meanwhile, and what the ignore file
 * leaves out is not there.
 *
 * @param path without links; a file or a directory
 * @param target which must not exist
 */
export function copyOut(tree: Tree, path: string, target: string): void {
  const files = filesOf({ tree, path });
  for (const { path: from, relative, node } of files) {
    const to = relative === "" ? target : join(target, relative);
    if (node.type === "directory") mkdirSync(to, { mode: 0o700 });
    else if (node.type === "symlink") symlinkSync(node.linkName ?? "", to);
    else if (node.type === "file") copyContent(tree, from, to);
  }
  // children first: setting up a folder's files changes its time, and its mode may forbid it
  for (const { relative, node } of files.reverse()) {
    const to = relative === "" ? target : join(target, relative);
    if (node.type === "symlink" || node.type === "directory" || node.type === "file") {
      if (node.type !== "symlink") chmodSync(to, node.mode);
      lutimesSync(to, node.mtime, node.mtime);
    }
  }
}

/** The open file is copied, not the name, whose meaning may have changed; file systems that can share its blocks do. */
function copyContent(tree: Tree, from: string, to: string): void {
  const content = tree.content(from);
  if (typeof content !== "number") throw new Error("only files of a context are copied out");
  try {
    copyFileSync(`/proc/self/fd/${content}`, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } finally {
    closeSync(content);
  }
}
