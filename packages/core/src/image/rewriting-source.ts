import type { Readable } from "node:stream";
import { DigestMismatchError, verified } from "../io/index.ts";
import {
  createManifest,
  type Descriptor,
  type Digest,
  type ImageIndex,
  type Manifest,
} from "../oci/index.ts";
import { omits, originOf, type ImageSource, type Sparse } from "../transport/index.ts";
import { IndexTooDeepError } from "./errors.ts";

export type ImageManifestOf = Manifest & { readonly kind: "image" };
export type IndexManifestOf = Manifest & { readonly kind: "index" };

/** How a source is changed on the way. What changes nothing gives back what it got, and then all bytes stay the same. */
export interface Rewriting extends AsyncDisposable {
  image(manifest: ImageManifestOf, source: ImageSource): Promise<Manifest>;
  /** The index after its children changed. */
  index?(content: ImageIndex): ImageIndex;
  /** Opens a blob that only exists after the change; undefined for those of the source. */
  blob?(blob: Descriptor, source: ImageSource): Promise<Readable> | undefined;
}

const DEPTH_LIMIT = 8;

/** A source that wraps a source and gives other manifests, and other blobs, than that. */
export function rewriting(source: ImageSource, change: Rewriting): ImageSource {
  const made = new Map<Digest, Manifest>();
  let root: Promise<Manifest> | undefined;
  const rewrite = async (manifest: Manifest, depth: number): Promise<Manifest> => {
    if (depth > DEPTH_LIMIT) throw new IndexTooDeepError(manifest.descriptor.digest, DEPTH_LIMIT);
    const rewritten =
      manifest.kind === "image" ? await change.image(manifest, source) : await rewriteIndex(manifest, depth);
    made.set(rewritten.descriptor.digest, rewritten);
    return rewritten;
  };
  const rewriteIndex = async (index: IndexManifestOf, depth: number): Promise<Manifest> => {
    const manifests: Descriptor[] = [];
    for (const child of index.content.manifests) {
      if (omits(source, child)) {
        manifests.push(child);
        continue;
      }
      const { descriptor } = await rewrite(await source.readManifest(child.digest), depth + 1);
      const { mediaType, digest, size } = descriptor;
      manifests.push(digest === child.digest ? child : { ...child, mediaType, digest, size });
    }
    const content = { ...index.content, manifests };
    const changed = change.index?.(content) ?? content;
    const isSame = JSON.stringify(changed) === JSON.stringify(index.content);
    return isSame ? index : createManifest(changed);
  };
  const origin = originOf(source);
  const changed: ImageSource & Sparse = {
    ...(origin === undefined ? {} : { origin }),
    omits: (child) => omits(source, child),
    async readManifest(digest) {
      root ??= source.readManifest().then((manifest) => rewrite(manifest, 0));
      const whole = await root;
      if (digest === undefined) return whole;
      const found = made.get(digest);
      if (found === undefined) throw new DigestMismatchError(digest, whole.descriptor.digest);
      return found;
    },
    async readBlob(blob) {
      const made = change.blob?.(blob, source);
      return made === undefined ? source.readBlob(blob) : verified(await made, blob);
    },
    async [Symbol.asyncDispose]() {
      await change[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
  return changed;
}
