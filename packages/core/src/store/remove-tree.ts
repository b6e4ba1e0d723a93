import { renameSync, rmSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { NoWorkerError } from "./errors.ts";
import { stagingPath } from "./staging.ts";

/** The process inside the user namespace, which may touch files of subordinate users. `NamespaceWorker` is one. */
export interface LayerWorker {
  call<Output>(task: string, input: object): Promise<Output>;
}

/** Takes a directory of ours out of sight at once; gives where it waits to be emptied, undefined when it was not there. */
export function moveToTrash(path: string, staging: string): string | undefined {
  const trash = stagingPath(staging, "trash");
  try {
    renameSync(path, trash);
    return trash;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new FileSystemError("remove", path, error);
  }
}

/**
 * Removes a tree, directly when all of it is ours, else through the worker.
 *
 * @throws {NoWorkerError | FileSystemError}
 */
export async function removeTree(path: string, worker?: LayerWorker): Promise<void> {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EACCES" && errno !== "EPERM") throw new FileSystemError("remove", path, error);
    if (worker === undefined) throw new NoWorkerError(path);
    await worker.call("removeTree", { path });
  }
}
