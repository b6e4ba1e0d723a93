import { chooseImages, type ImageChoice } from "../image/index.ts";
import { digestOf, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import { SignatureCheck, type SignatureDemands } from "../policy/index.ts";
import type { GnupgHost } from "../signature/index.ts";
import {
  formatTransportName,
  omits,
  originOf,
  signaturesIn,
  signaturesOf,
  type ImageSource,
  type TransportName,
} from "../transport/index.ts";

/**
 * The same source, narrowed to the images that are wanted. Every manifest that it gives, an index and the images in it alike,
 * has the signatures that the policy asks for; the first that has not ends the reading.
 */
export function demandSignatures(
  opened: ImageSource,
  place: TransportName,
  demands: SignatureDemands,
  { choice, host }: { readonly choice: ImageChoice; readonly host: GnupgHost },
): ImageSource {
  const reference = place.transport === "docker" ? place.reference : undefined;
  const image = formatTransportName(place);
  const check = new SignatureCheck({ image, reference }, demands, host);
  const chosen = chooseImages(opened, choice);
  const admitted = new Map<Digest, Promise<void>>();
  const admit = async (manifest: Manifest): Promise<void> => {
    await check.check(manifest, await signaturesIn(opened, manifest.descriptor.digest));
  };
  return {
    get origin() {
      return originOf(chosen);
    },
    omits: (child: Descriptor) => omits(chosen, child),
    ...signaturesOf(opened),
    async readManifest(digest?: Digest) {
      const manifest = await chosen.readManifest(digest);
      const found = digestOf(manifest.bytes);
      const asked = admitted.get(found) ?? admit(manifest);
      admitted.set(found, asked);
      await asked;
      return manifest;
    },
    readBlob: (blob: Descriptor) => chosen.readBlob(blob),
    async [Symbol.asyncDispose]() {
      check[Symbol.dispose]();
      await chosen[Symbol.asyncDispose]();
    },
  } as ImageSource;
}
