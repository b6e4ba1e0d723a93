import { childrenOf, isForeignLayer, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import { omits, type ImageSource } from "../transport/index.ts";
import { IndexTooDeepError } from "./errors.ts";

const DEPTH_LIMIT = 8;

/** All that an image refers to. */
export interface ImageTree {
  /** Children before those that refer to them, the root last. */
  readonly manifests: readonly Manifest[];
  /** Each once, the biggest first: so the last one to come is a small one. Foreign layers, which stay where they are, are left out unless asked for. */
  readonly blobs: readonly Descriptor[];
}

/**
 * Reads all manifests below a root, and lists what they need.
 *
 * @param foreignLayers list those too that stay where they are
 */
export async function readTree(
  root: Manifest,
  source: ImageSource,
  foreignLayers = false,
): Promise<ImageTree> {
  const manifests = new Map<Digest, Manifest>();
  const blobs = new Map<Digest, Descriptor>();
  const visit = async (manifest: Manifest, depth: number): Promise<void> => {
    if (depth > DEPTH_LIMIT) throw new IndexTooDeepError(manifest.descriptor.digest, DEPTH_LIMIT);
    const inner = await Promise.all(
      childrenThere(manifest, source)
        .filter((child) => !manifests.has(child.digest))
        .map(({ digest }) => source.readManifest(digest)),
    );
    for (const child of inner) await visit(child, depth + 1);
    for (const blob of childrenOf(manifest).blobs) {
      const isElsewhere = isForeignLayer(blob.mediaType) && (blob.urls?.length ?? 0) > 0;
      if (foreignLayers || !isElsewhere) blobs.set(blob.digest, blob);
    }
    manifests.set(manifest.descriptor.digest, manifest);
  };
  await visit(root, 0);
  return {
    manifests: [...manifests.values()],
    blobs: [...blobs.values()].sort((a, b) => b.size - a.size),
  };
}

/** The manifests that an index names, without those that the source leaves out; of one image none. */
export function childrenThere(root: Manifest, source: ImageSource): Descriptor[] {
  return childrenOf(root).manifests.filter((child) => !omits(source, child));
}
