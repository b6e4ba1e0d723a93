import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../../io/index.ts";
import type { Digest } from "../../oci/index.ts";
import { folderFiles, type ImageFiles } from "../image-files.ts";
import { collectDigests } from "./collect-digests.ts";
import { withIndexLock } from "../file-lock.ts";
import { chooseManifest } from "./layout-index.ts";
import { blobName, readLayoutIndex } from "./oci-source.ts";

/**
 * Takes an image out of an OCI layout, and the blobs that none of the others needs.
 *
 * @throws {NoSuchImageError | ChooseImageError | InvalidLayoutError}
 */
export function deleteFromLayout(path: string, image: string | number | undefined): Promise<void> {
  const files = folderFiles(path);
  chooseManifest(readLayoutIndex(files), image, path); // where nothing is to be deleted nothing is to be locked
  withIndexLock(path, () => {
    deleteChosen(files, path, image);
  });
  return Promise.resolve();
}

function deleteChosen(files: ImageFiles, path: string, image: string | number | undefined): void {
  const index = readLayoutIndex(files);
  const chosen = chooseManifest(index, image, path);
  const manifests = index.manifests.filter((manifest) => manifest !== chosen);
  writeFileAtomically(join(path, "index.json"), JSON.stringify({ ...index, manifests }));
  const kept = new Set<Digest>();
  for (const manifest of manifests) collectDigests(files, manifest, kept);
  const gone = new Set<Digest>();
  collectDigests(files, chosen, gone);
  for (const digest of gone) if (!kept.has(digest)) rmSync(join(path, blobName(digest)), { force: true });
}
