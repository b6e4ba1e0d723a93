import type { Digest } from "../oci/index.ts";
import type { ImageDestination } from "./image-destination.ts";
import type { ImageSource } from "./image-source.ts";

/** A source whose images may be signed (containers-signature(5)). */
export interface SignedSource {
  /** Whether there is a place at all where signatures could be: false without any request. */
  mayBeSigned(): Promise<boolean>;
  /** The signatures of a manifest, unverified, in their order. */
  readSignatures(digest: Digest): Promise<readonly Buffer[]>;
}

/** A destination that keeps signatures. */
export interface SignatureKeeper {
  /** @throws where signatures could not be written, before anything else is. */
  checkSignatures(): Promise<void>;
  /** Those that are there for a manifest already, and stay there when the image is written again. */
  keptSignatures(digest: Digest): Promise<readonly Buffer[]>;
  /** Takes the place of what is there for that manifest. To be called before `commit`. */
  writeSignatures(digest: Digest, signatures: readonly Buffer[]): Promise<void>;
}

/** Whether signatures can be where the source reads from; false for places that never have some. */
export async function mayBeSigned(source: ImageSource): Promise<boolean> {
  return isSigned(source) && (await source.mayBeSigned());
}

/** The signatures of a manifest of the source, unverified. */
export async function signaturesIn(source: ImageSource, digest: Digest): Promise<readonly Buffer[]> {
  return (await mayBeSigned(source)) && isSigned(source) ? source.readSignatures(digest) : [];
}

/** For a source that wraps another: what is signed there is signed here. */
export function signaturesOf(source: ImageSource): SignedSource {
  return {
    mayBeSigned: () => mayBeSigned(source),
    readSignatures: (digest) => signaturesIn(source, digest),
  };
}

/** Whether the destination can be given signatures. */
export function keepsSignatures(
  destination: ImageDestination,
): destination is ImageDestination & SignatureKeeper {
  return "writeSignatures" in destination;
}

function isSigned(source: ImageSource): source is ImageSource & SignedSource {
  return "readSignatures" in source;
}
