import { MANIFEST_SIZE_LIMIT, parseManifest, type Descriptor, type Digest } from "../../oci/index.ts";
import type { ImageFiles } from "../image-files.ts";
import { blobName } from "./oci-source.ts";

/** All digests an image refers to, as far as its manifests are here. */
export function collectDigests(
  files: ImageFiles,
  { digest, mediaType }: Descriptor,
  digests: Set<Digest>,
): void {
  if (digests.has(digest)) return;
  digests.add(digest);
  const bytes = files.readBytes(blobName(digest), MANIFEST_SIZE_LIMIT);
  if (bytes === undefined) return;
  const manifest = parseManifest(bytes, mediaType);
  if (manifest.kind === "index")
    for (const child of manifest.content.manifests) collectDigests(files, child, digests);
  else for (const blob of [manifest.content.config, ...manifest.content.layers]) digests.add(blob.digest);
}
