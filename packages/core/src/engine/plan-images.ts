import {
  changesLayers,
  chooseImages,
  convertFormat,
  readConfig,
  readTree,
  within,
  type ImageChanges,
  type ImageChoice,
} from "../image/index.ts";
import {
  formatPlatform,
  InvalidDocumentError,
  parseImageConfig,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../oci/index.ts";
import {
  omits,
  originOf,
  type ImageDestination,
  type ImageSource,
  type PlaceOptions,
  type RegistryOrigin,
} from "../transport/index.ts";
import type { CarriedSignatures } from "./carry-signatures.ts";
import type { SyncItem } from "./image-sync.ts";
import { blobPlaceOf, type SyncSide } from "./sync-side.ts";

/** A blob that is not at the destination yet. */
export interface PlannedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The repository of the same registry that it is mounted from; undefined when it has to be transferred. */
  readonly mountFrom?: string;
}

/** What a copy of one image would do. */
export interface PlannedImage {
  readonly item: SyncItem;
  readonly outcome: "copy" | "unchanged" | "failed";
  /** What the source's name stands for now. */
  readonly found?: Digest;
  /** What the destination's name stands for now. */
  readonly current?: Digest;
  /** What it will stand for; unknown where layers may be changed on the way. */
  readonly digest?: Digest;
  /** Of the images that come. */
  readonly platforms: readonly string[];
  readonly blobs: readonly PlannedBlob[];
  readonly error?: unknown;
}

/** One image to be planned, with what is known of both sides. */
export interface PlanQuestion {
  readonly item: SyncItem;
  readonly source: ImageSource;
  readonly to: SyncSide;
  readonly destination: ImageDestination;
  /** Of the source, if it has some that go along. */
  readonly signatures: CarriedSignatures | undefined;
  readonly root: Descriptor;
  readonly current: Digest | undefined;
  readonly changes: ImageChanges & { readonly choice: ImageChoice; readonly destination?: PlaceOptions };
}

/** An answer, with what is needed to see which blobs several images share. */
export interface PlanAnswer extends PlannedImage {
  readonly origin: RegistryOrigin | undefined;
  readonly target: RegistryOrigin;
}

/** Finds out what would be copied, by reading manifests and asking the destination for each blob. */
export async function planImage(question: PlanQuestion): Promise<PlanAnswer> {
  const { item, source, to, destination, signatures, root, current, changes } = question;
  const chosen = chooseImages(source, changes.choice);
  const { format } = changes;
  const formatted = format === undefined ? chosen : convertFormat(chosen, format);
  const target = await formatted.readManifest();
  const { manifests, blobs } = await readTree(target, formatted, changes.foreignLayers);
  signatures?.check(manifests.map(({ descriptor }) => descriptor.digest));
  const known = await Promise.all(blobs.map((blob) => isThere(blob, to, destination)));
  const { digest } = target.descriptor;
  return {
    item,
    outcome: "copy",
    found: root.digest,
    ...(current === undefined ? {} : { current }),
    ...(changesLayers(source, destination, changes) ? {} : { digest }),
    platforms: await platformsOf(target, formatted),
    blobs: blobs
      .filter((_, index) => known[index] !== true)
      .map(({ digest: blob, size }) => ({ digest: blob, size })),
    origin: originOf(source),
    target: blobPlaceOf(to, changes.destination),
  };
}

/** Gives each blob to the first image that needs it; the others find it there, or mount it. */
export function shareBlobs(answers: readonly (PlanAnswer | PlannedImage)[]): PlannedImage[] {
  const coming = new Map<string, Set<string>>();
  return answers.map((answer) => {
    if (!("target" in answer)) return answer;
    const { target, origin, ...image } = answer;
    const { registry, repository } = target;
    const blobs = image.blobs.flatMap(({ digest, size }): PlannedBlob[] => {
      const key = `${registry} ${digest}`;
      const places = coming.get(key) ?? new Set<string>();
      coming.set(key, places);
      if (places.has(repository)) return [];
      const isRegistry = image.item.destination.transport === "docker";
      const source = origin?.registry === registry ? origin.repository : undefined;
      const [mountFrom = source] = places;
      places.add(repository);
      return [isRegistry && mountFrom !== undefined ? { digest, size, mountFrom } : { digest, size }];
    });
    return { ...image, blobs };
  });
}

/** Whether the destination has the blob. The store is not asked by its destination, which would hold and unpack it. */
async function isThere(blob: Descriptor, to: SyncSide, destination: ImageDestination): Promise<boolean> {
  if (to.place.transport === "containers-storage")
    return to.connection.context.store().blobs.sizeOf(blob.digest) === blob.size;
  return within(to.budgets, () => destination.hasBlob(blob));
}

/** What the images that come are for, by the index or by their configs. Attestations are for nothing. */
async function platformsOf(root: Manifest, source: ImageSource): Promise<string[]> {
  if (root.kind === "index")
    return root.content.manifests.flatMap((child) => {
      const { platform } = child;
      return platform === undefined || platform.os === "unknown" || omits(source, child)
        ? []
        : [formatPlatform(platform)];
    });
  try {
    const { os, architecture, variant } = parseImageConfig(await readConfig(source, root));
    return [formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) })];
  } catch (error) {
    if (error instanceof InvalidDocumentError) return []; // what is no image runs on nothing
    throw error;
  }
}
