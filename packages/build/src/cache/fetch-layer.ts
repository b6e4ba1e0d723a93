import { decompress, indexLayer } from "@wherry/core/layer";
import { compressionOf, Digester } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import type { ImageSource } from "@wherry/core/transport";
import type { RemoteLayer } from "./cache-document.ts";
import { CacheDocumentError } from "./errors.ts";

/**
 * Brings a layer of a cache elsewhere into the store as a plain tar, unless it is here: no larger than it is said to be, of the diffID
 * that it is said to have, and without entries that lead out.
 *
 * @throws {CacheDocumentError | DigestMismatchError | HostileEntryError}
 */
export async function fetchLayer(
  store: Store,
  source: ImageSource,
  { diffId, size, blob }: RemoteLayer,
): Promise<void> {
  if (store.blobs.hold(diffId)) return;
  using staged = store.blobs.stage({ verifiedDigest: diffId });
  const digester = new Digester();
  const content = await source.readBlob(blob);
  const compression = compressionOf(blob.mediaType);
  const plain = compression === "none" ? content : decompress(content, compression);
  for await (const piece of plain as AsyncIterable<Uint8Array>) {
    digester.update(piece);
    if (digester.size > size) throw new CacheDocumentError(`layer ${diffId} is larger than it says`);
    staged.write(piece);
  }
  const digest = digester.digest();
  if (digest !== diffId) throw new CacheDocumentError(`layer ${diffId} is ${digest}`);
  await indexLayer(staged.path, "none");
  await staged.finish();
}
