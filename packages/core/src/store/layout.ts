import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { errnoOf } from "../error/index.ts";
import type { StorePaths } from "./paths.ts";
import { keepReserve } from "./reserve.ts";
import { listOrphans } from "./staging.ts";

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
const EMPTY_INDEX =
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';

/**
 * Makes the folders and files of an empty store as far as they are missing (image-spec image-layout.md), and removes
 * files that killed processes left half-written. Called once before the first write.
 *
 * @throws {FileSystemError}
 */
export function prepareLayout(paths: StorePaths): void {
  if (!existsSync(paths.layout) || !existsSync(paths.staging)) {
    for (const folder of [
      paths.root,
      join(paths.blobs, "sha256"),
      paths.layers,
      paths.containers,
      paths.staging,
    ])
      makeDirectory(folder);
    if (!existsSync(paths.index)) writeFileAtomically(paths.index, EMPTY_INDEX);
    writeFileAtomically(paths.layout, LAYOUT);
  }
  keepReserve(paths.reserve);
  for (const orphan of listOrphans(paths.staging)) removeOwnFile(orphan);
}

/** Trees of killed processes may hold files of other users; `repair` removes those through the worker. */
function removeOwnFile(path: string): void {
  try {
    rmSync(path);
  } catch (error) {
    if (!["ENOENT", "EACCES", "EPERM", "EISDIR"].includes(errnoOf(error) ?? "")) {
      if (!(error instanceof Error && "code" in error && error.code === "ERR_FS_EISDIR")) throw error;
    }
  }
}
