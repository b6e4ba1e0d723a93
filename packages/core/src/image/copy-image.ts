import type { Bandwidth } from "../io/index.ts";
import type { Descriptor, Digest, Manifest } from "../oci/index.ts";
import {
  acceptanceOf,
  knowsImage,
  UnsupportedByDestinationError,
  type ImageDestination,
  type ImageSource,
} from "../transport/index.ts";
import type { KnownBlobs } from "./blob-locations.ts";
import { copyBlob } from "./copy-blob.ts";
import { childrenThere, readTree } from "./image-tree.ts";

/** What happens while an image is copied. Sizes in bytes. */
export type CopyEvent =
  | { readonly kind: "start"; readonly blobs: readonly Descriptor[] }
  /** The destination had the blob, or took it over from another repository. */
  | { readonly kind: "present" | "mounted"; readonly blob: Descriptor }
  /** So many bytes of the blob were copied; back to 0 when it begins again after a failure. */
  | { readonly kind: "progress"; readonly blob: Descriptor; readonly copied: number }
  | { readonly kind: "copied"; readonly blob: Descriptor }
  /** The destination published that very image before; nothing had to be done. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "manifests" };

/** The signatures that a copy brings along. */
export interface CopySignatures {
  /** Told of the manifests that the destination will have, before any blob is copied. What it throws ends the copy. */
  prepare(digests: readonly Digest[]): Promise<void>;
  /** Called before the image is published. */
  write(): Promise<void>;
}

export interface CopyOptions {
  /** Blobs copied at a time; default 6. */
  readonly jobs?: number;
  /** Tries of each blob, the first included; default 3. */
  readonly attempts?: number;
  /** What all transfers together may take. */
  readonly bandwidth?: Bandwidth;
  /** Pause before a second try, in ms; default 1000. Doubles each time. */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal;
  /** Copy layers too that the image says are elsewhere; the source has to bring them. */
  readonly foreignLayers?: boolean;
  /** Where earlier runs have seen blobs, when the destination is in a registry. */
  readonly known?: KnownBlobs;
  readonly signatures?: CopySignatures;
  readonly onEvent?: (event: CopyEvent) => void;
}

/**
 * Copies one image, and all that it refers to, between any two transports.
 * Returns the descriptor of the root manifest, whose digest is the same on both sides.
 * Spec: image-spec manifest.md; distribution-spec "Pushing Manifests" (children first).
 *
 * @throws {DigestMismatchError} when the source serves content that does not match its name.
 */
export async function copyImage(
  source: ImageSource,
  destination: ImageDestination,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const { onEvent, signal, foreignLayers = false, signatures } = options;
  const root = await source.readManifest();
  if (root.kind === "index" && !acceptanceOf(destination).indexes)
    throw new UnsupportedByDestinationError("the destination", "an index of several platforms");
  signal?.throwIfAborted();
  // that the image is there does not tell whether its foreign layers are
  if (!foreignLayers && (await isPublished(root, source, destination))) {
    const children = childrenThere(root, source);
    await signatures?.prepare([root.descriptor, ...children].map(({ digest }) => digest));
    await signatures?.write();
    onEvent?.({ kind: "unchanged" });
    return root.descriptor;
  }
  const { manifests, blobs } = await readTree(root, source, foreignLayers);
  await signatures?.prepare(manifests.map(({ descriptor }) => descriptor.digest));
  onEvent?.({ kind: "start", blobs });
  await copyBlobs(blobs, source, destination, options);
  onEvent?.({ kind: "manifests" });
  for (const manifest of manifests) {
    signal?.throwIfAborted();
    await destination.writeManifest(manifest);
  }
  signal?.throwIfAborted();
  await signatures?.write();
  await destination.commit(root.descriptor);
  return root.descriptor;
}

/** Whether the destination knows that all of it is there and published: of an index, the images that are to be copied too. */
export async function isPublished(
  root: Manifest,
  source: ImageSource,
  destination: ImageDestination,
): Promise<boolean> {
  if (!knowsImage(destination) || !(await destination.publishes(root.descriptor))) return false;
  const children = childrenThere(root, source);
  const known = await Promise.all(children.map((child) => destination.hasManifest(child)));
  return known.every(Boolean);
}

/** The first failure ends the others; nothing is under way any more when it is thrown. */
async function copyBlobs(
  blobs: readonly Descriptor[],
  source: ImageSource,
  destination: ImageDestination,
  options: CopyOptions,
): Promise<void> {
  const { jobs = 6 } = options;
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
  const waiting = [...blobs];
  const work = async (): Promise<void> => {
    for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
      try {
        await copyBlob(blob, source, destination, { ...options, signal });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }
  };
  const count = Math.max(1, Math.min(jobs, blobs.length));
  await Promise.allSettled(Array.from({ length: count }, work));
  options.signal?.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}
