import type { Readable } from "node:stream";
import type { Descriptor, Digest, Manifest } from "../oci/index.ts";

/** A place images are read from. Content arrives already checked against its digest. */
export interface ImageSource extends AsyncDisposable {
  /** The manifest with that digest, or the one the reference names. */
  readManifest(digest?: Digest): Promise<Manifest>;
  readBlob(blob: Descriptor): Promise<Readable>;
}

/** Where in a registry the blobs of a source are: another repository there can take them over without a transfer. */
export interface RegistryOrigin {
  /** Host with optional port, as in image names. */
  readonly registry: string;
  readonly repository: string;
}

/** A source whose blobs are in a registry. */
export interface FromRegistry {
  readonly origin: RegistryOrigin;
}

/** A source of an index of which some images stay behind. What is left out is known once the root was read. */
export interface Sparse {
  omits(child: Descriptor): boolean;
}

/** Whether an image of an index stays behind. */
export function omits(source: ImageSource, child: Descriptor): boolean {
  return "omits" in source && (source as ImageSource & Sparse).omits(child);
}

/** The repository a source reads from, if it reads from one. */
export function originOf(source: ImageSource): RegistryOrigin | undefined {
  return "origin" in source ? (source as ImageSource & FromRegistry).origin : undefined;
}
