import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../../io/index.ts";
import { MANIFEST_SIZE_LIMIT, parseManifest, type Descriptor, type Digest } from "../../oci/index.ts";
import { folderFiles, type ImageFiles } from "../image-files.ts";
import { chooseManifest } from "./layout-index.ts";
import { blobName, readLayoutIndex } from "./oci-source.ts";

/**
 * Takes an image out of an OCI layout, and the blobs that none of the others needs.
 *
 * @throws {NoSuchImageError | ChooseImageError | InvalidLayoutError}
 */
export function deleteFromLayout(path: string, image: string | number | undefined): Promise<void> {
  const files = folderFiles(path);
  const index = readLayoutIndex(files);
  const chosen = chooseManifest(index, image, path);
  const manifests = index.manifests.filter((manifest) => manifest !== chosen);
  writeFileAtomically(join(path, "index.json"), JSON.stringify({ ...index, manifests }));
  const kept = new Set<Digest>();
  for (const manifest of manifests) collect(files, manifest, kept);
  const gone = new Set<Digest>();
  collect(files, chosen, gone);
  for (const digest of gone) if (!kept.has(digest)) rmSync(join(path, blobName(digest)), { force: true });
  return Promise.resolve();
}

/** All digests an image refers to, as far as its manifests are here. */
function collect(files: ImageFiles, { digest, mediaType }: Descriptor, digests: Set<Digest>): void {
  if (digests.has(digest)) return;
  digests.add(digest);
  const bytes = files.readBytes(blobName(digest), MANIFEST_SIZE_LIMIT);
  if (bytes === undefined) return;
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === "index")
    for (const child of manifest.content.manifests) collect(files, child, digests);
  else for (const blob of [manifest.content.config, ...manifest.content.layers]) digests.add(blob.digest);
}
