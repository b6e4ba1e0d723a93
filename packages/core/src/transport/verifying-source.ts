import { DigestMismatchError, verified } from "../io/index.ts";
import { algorithmOf, digestOf, type Digest, type Manifest } from "../oci/index.ts";
import { originOf, type ImageSource } from "./image-source.ts";
import { signaturesOf, type SignedSource } from "./signatures.ts";

/**
 * The same source, trusting nothing: manifests asked for by digest are digested again, blobs are checked while they are
 * read. Content that a lower layer has checked already is not digested twice.
 */
export function verifying(source: ImageSource): ImageSource {
  const origin = originOf(source);
  const checked: ImageSource & SignedSource = {
    ...(origin === undefined ? {} : { origin }),
    ...signaturesOf(source),
    async readManifest(digest) {
      const manifest = await source.readManifest(digest);
      return digest === undefined ? manifest : checkedManifest(manifest, digest);
    },
    readBlob: async (blob) => verified(await source.readBlob(blob), blob),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
  return checked;
}

function checkedManifest(manifest: Manifest, digest: Digest): Manifest {
  const actual = digestOf(manifest.bytes, algorithmOf(digest));
  if (actual !== digest) throw new DigestMismatchError(digest, actual);
  return { ...manifest, descriptor: { ...manifest.descriptor, digest } };
}
