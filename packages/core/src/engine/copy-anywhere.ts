import type { CopyEvent, ImageChanges, ImageChoice } from "../image/index.ts";
import type { Bandwidth } from "../io/index.ts";
import type { Descriptor, Platform } from "../oci/index.ts";
import type { ImageSource, PlaceOptions, TransportName } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import { carrySignatures, type SignatureWishes } from "./carry-signatures.ts";
import { Connection, temporaryDirectoryOf, type ImageHost } from "./connection.ts";
import { copyOptions } from "./copy-options.ts";
import { ImageThereError } from "./errors.ts";
import { readingRootOnce } from "./image-methods.ts";
import type { RegistryOptions } from "./registries.ts";

/** How one side of a copy is reached. */
export interface CopySide extends PlaceOptions {
  readonly registry?: RegistryOptions;
}

export interface CopyAnywhereOptions extends ImageChanges, SignatureWishes {
  readonly source?: CopySide;
  readonly destination?: CopySide;
  /** Leave an image alone that is at the destination already. */
  readonly noClobber?: boolean;
  /** Tries of each blob, the first included. */
  readonly attempts?: number;
  /** Pause before a second try, in ms. */
  readonly pauseMs?: number;
  readonly bandwidth?: Bandwidth;
  /** Blobs copied at a time. */
  readonly jobs?: number;
  readonly onEvent?: (event: CopyEvent) => void;
  /** Told of the platforms of an index, of which only one is copied. */
  readonly onLeftOut?: (platforms: readonly Platform[]) => void;
}

/**
 * Copies an image between any two places, named as transport:location. Returns the descriptor of what is there now.
 *
 * @throws {InvalidTransportNameError | NoSuchImageError | RegistryError}
 * @throws {SignaturesInvalidatedError | SignaturesUnsupportedError} when a signed image cannot stay so
 * @throws {ImageThereError} with `noClobber`, when another image is at the destination
 */
export async function copyImage(
  engine: ImageHost,
  from: string,
  to: string,
  options: CopyAnywhereOptions = {},
): Promise<Descriptor> {
  const { parseTransportName, openDestination } = await import("../transport/index.ts");
  const { adaptSource, copyImage: copy } = await import("../image/index.ts");
  const [sourceName, destinationName] = [parseTransportName(from), parseTransportName(to)];
  const { source: fromSide = {}, destination: toSide = {}, onLeftOut } = options;
  await using sources = new Connection(engine, fromSide.registry);
  await using destinations = new Connection(engine, toSide.registry);
  const { foreignLayers = false } = options;
  const choice = options.choice ?? (await hostChoice());
  const isTold = onLeftOut !== undefined && choice.kind === "one";
  await using opened = await openAdmitted(engine, sourceName, sources, {
    ...{ ...fromSide, foreignLayers, choice },
    watch: (source) => readingRootOnce(isTold ? tellingLeftOut(source, onLeftOut) : source),
  });
  await using destination = openDestination(destinationName, destinations.context, toSide);
  const ends = { source: opened, from: sourceName, destination, to: destinationName };
  const signatures = await carrySignatures(engine, ends, { ...options, choice });
  await using changed = adaptSource(opened, destination, {
    ...options,
    ...signatures?.changes(options),
    choice,
    temporaryDirectory: temporaryDirectoryOf(engine),
    forms: engine.store.layers,
  });
  if (options.noClobber === true) {
    const there = await imageThere(changed, destinationName, destinations);
    if (there !== undefined) return there;
  }
  const { withKnownBlobs } = await import("./known-blobs.ts");
  return await withKnownBlobs(engine, { place: destinationName, connection: destinations }, (known) =>
    copy(changed, destination, copyOptions(engine, options, known, signatures)),
  );
}

async function hostChoice(): Promise<ImageChoice> {
  const { hostPlatform } = await import("../oci/index.ts");
  return { kind: "one", platform: hostPlatform() };
}

/** The image that would be copied, when just that is at the destination; undefined when nothing is. @throws {ImageThereError} */
async function imageThere(
  source: ImageSource,
  place: TransportName,
  connection: Connection,
): Promise<Descriptor | undefined> {
  const { digestAt, openSide } = await import("./sync-side.ts");
  const current = await digestAt(await openSide(place, connection, "destination"));
  if (current === undefined) return undefined;
  const { descriptor } = await source.readManifest();
  if (descriptor.digest === current) return descriptor;
  const { formatTransportName } = await import("../transport/index.ts");
  throw new ImageThereError(formatTransportName(place), current);
}

/** The same source; when its root is an index, the platforms in it are told. */
function tellingLeftOut(
  source: ImageSource,
  onLeftOut: (platforms: readonly Platform[]) => void,
): ImageSource {
  const readManifest = source.readManifest.bind(source);
  source.readManifest = async (digest) => {
    const manifest = await readManifest(digest);
    if (digest === undefined && manifest.kind === "index") {
      onLeftOut(
        manifest.content.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform])),
      );
    }
    return manifest;
  };
  return source;
}
