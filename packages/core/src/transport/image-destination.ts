import type { Readable } from "node:stream";
import type { Compression, Descriptor, Manifest } from "../oci/index.ts";
import type { RegistryOrigin } from "./image-source.ts";

/** A place images are written to. Write blobs, then manifests, then commit. */
export interface ImageDestination extends AsyncDisposable {
  hasBlob(blob: Descriptor): Promise<boolean>;
  writeBlob(blob: Descriptor, content: Readable): Promise<void>;
  writeManifest(manifest: Manifest): Promise<void>;
  /** Publishes `root` under the reference. Before this, readers see the old image. */
  commit(root: Descriptor): Promise<void>;
}

/** A registry, which can take blobs over from other repositories of its own (distribution-spec "Mounting a blob"). */
export interface BlobMounter {
  /** False when the blob has to be written. */
  mountBlob(blob: Descriptor, from: RegistryOrigin): Promise<boolean>;
}

/** Whether the destination can be asked to take blobs over. */
export function canMountBlobs(destination: ImageDestination): destination is ImageDestination & BlobMounter {
  return "mountBlob" in destination;
}

/** A destination that can tell whether it publishes that very image already, so that nothing has to be copied. */
export interface KnowsImage {
  publishes(root: Descriptor): Promise<boolean>;
  /** Whether it has a manifest that an index refers to. */
  hasManifest(manifest: Descriptor): Promise<boolean>;
}

/** Whether the destination can be asked what it publishes. */
export function knowsImage(destination: ImageDestination): destination is ImageDestination & KnowsImage {
  return "publishes" in destination;
}

/** What a destination takes; everything, if it does not say. */
export interface Acceptance {
  /** Compressions its readers expect of layers. */
  readonly layers: readonly Compression[];
  /** Whether it can hold an index with the images of several platforms. */
  readonly indexes: boolean;
}

const EVERYTHING: Acceptance = { layers: ["none", "gzip", "zstd"], indexes: true };

/** What the destination takes. */
export function acceptanceOf(destination: ImageDestination): Acceptance {
  return "accepts" in destination ? (destination.accepts as Acceptance) : EVERYTHING;
}
