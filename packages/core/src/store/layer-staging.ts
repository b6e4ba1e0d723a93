import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { removeTree, type LayerWorker } from "./remove-tree.ts";
import { stagingPath } from "./staging.ts";

/** Makes the folder in which a layer is unpacked, in its `fs`, before it has its name. */
export function stageLayer(staging: string): string {
  const staged = stagingPath(staging, "layer");
  try {
    mkdirSync(join(staged, "fs"), { recursive: true });
  } catch (error) {
    throw new FileSystemError("create", staged, error);
  }
  return staged;
}

/** Gives a staged layer its name; when another process was first, its layer stays and ours goes. */
export async function publishTree(staged: string, final: string, worker: LayerWorker): Promise<void> {
  try {
    renameSync(staged, final);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "ENOTEMPTY" && errno !== "EEXIST") throw new FileSystemError("write", final, error);
    await removeTree(staged, worker);
  }
}

/** An upper directory may belong to a subordinate user, and then only the worker can move it. */
export async function moveTree(from: string, to: string, worker: LayerWorker): Promise<void> {
  try {
    renameSync(from, to);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EACCES" && errno !== "EPERM") throw new FileSystemError("move", from, error);
    await worker.call("moveTree", { from, to });
  }
}
