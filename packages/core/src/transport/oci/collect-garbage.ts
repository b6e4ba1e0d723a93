import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "../../error/index.ts";
import { isDigest, type Digest } from "../../oci/index.ts";
import { folderFiles } from "../image-files.ts";
import { readNames } from "../read-names.ts";
import { collectDigests } from "./collect-digests.ts";
import { withIndexLock } from "../file-lock.ts";
import { readLayoutIndex } from "./oci-source.ts";

export interface GarbageOptions {
  /** Blobs younger than this stay, in ms: the manifest that will name them may be on its way. */
  readonly minimumAgeMs: number;
  readonly now: number;
  /** Only tell. */
  readonly dryRun?: boolean;
}

/** What a layout had and did not need. */
export interface Garbage {
  readonly digests: readonly Digest[];
  /** Bytes of the blobs. */
  readonly size: number;
}

/**
 * Removes the blobs of an OCI layout that no manifest in its index leads to.
 *
 * @throws {InvalidLayoutError | LayoutBusyError} also when a manifest that is needed cannot be read: what it names is not known then.
 */
export function collectGarbage(layout: string, options: GarbageOptions): Garbage {
  return withIndexLock(layout, () => {
    const files = folderFiles(layout);
    const needed = new Set<Digest>();
    for (const manifest of readLayoutIndex(files).manifests) collectDigests(files, manifest, needed);
    const digests: Digest[] = [];
    let size = 0;
    for (const { digest, path } of blobsOf(layout)) {
      if (needed.has(digest)) continue;
      const stat = lstatSync(path, { throwIfNoEntry: false });
      // the time of the last link too: a mount gives an old file a new name
      if (stat?.isFile() !== true || options.now - stat.ctimeMs < options.minimumAgeMs) continue;
      if (options.dryRun !== true) remove(path);
      digests.push(digest);
      size += stat.size;
    }
    return { digests, size };
  });
}

function* blobsOf(layout: string): Generator<{ digest: Digest; path: string }> {
  const blobs = join(layout, "blobs");
  for (const algorithm of readNames(blobs)) {
    if (!lstatSync(join(blobs, algorithm)).isDirectory()) continue;
    for (const encoded of readdirSync(join(blobs, algorithm))) {
      const digest = `${algorithm}:${encoded}`;
      if (isDigest(digest)) yield { digest, path: join(blobs, algorithm, encoded) };
    }
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw new FileSystemError("remove", path, error);
  }
}
