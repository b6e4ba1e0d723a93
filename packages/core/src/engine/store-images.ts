import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CopyEvent, LayerWish, ManifestFormat, KnownBlobs } from "../image/index.ts";
import type { Descriptor, Platform } from "../oci/index.ts";
import { formatReference, parseReference, withDefaultTag, type Reference } from "../reference/index.ts";
import { ImageNotFoundError, type FoundImage, type LayerWorker, type StoredImage } from "../store/index.ts";
import type { ImageDestination, ImageSource, TransportContext, TransportName } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import { Connection, temporaryDirectoryOf, type ImageHost } from "./connection.ts";
import { copyOptions } from "./copy-options.ts";
import { ShortNameUnresolvedError } from "./errors.ts";
import type { RegistryOptions } from "./registries.ts";

/** What the work on stored images needs besides: the process that unpacks layers. */
export interface StoreHost extends ImageHost {
  /** Where that process lives. */
  userNamespace(): Promise<unknown>;
  /** Told of what the user should know, once it is seen. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  worker(): Promise<LayerWorker>;
}

export interface PullOptions {
  readonly registry?: RegistryOptions;
  /** Default this machine's. */
  readonly platform?: Platform;
  readonly attempts?: number;
  /** Told which name is tried, before its registry is asked. */
  readonly onTry?: (name: string) => void;
  readonly onEvent?: (event: CopyEvent) => void;
  /** Whether layers are unpacked as they come; default true. Without it that is left to the first run. */
  readonly unpack?: boolean;
}

/**
 * Brings an image into the store and unpacks it. The name may be short (looked up as registries.conf says), full, or a
 * `transport:location`; the image gets the name it was found under.
 *
 * @throws {ShortNameUnresolvedError | ManifestUnknownError | RegistryError}
 */
export async function pullImage(
  engine: StoreHost,
  name: string,
  options: PullOptions = {},
): Promise<StoredImage> {
  return (await pullResolved(engine, name, options)).image;
}

/** As `pullImage`, with the full name that was meant. */
export async function pullResolved(
  engine: StoreHost,
  name: string,
  options: PullOptions,
): Promise<FoundImage> {
  try {
    const found = await pullNamed(engine, name, options);
    recordImageEvent(engine, "pull", found.image.id, name);
    return found;
  } catch (error) {
    recordPullFailure(engine, name, error);
    throw error;
  }
}

/** Writes down what happened to an image, in podman's words. */
export function recordImageEvent(
  { store, host }: Pick<ImageHost, "store" | "host">,
  status: "pull" | "push" | "save" | "loadfromarchive" | "import",
  id: string,
  name: string,
): void {
  store.events.record({ type: "image", status, id: id.replace("sha256:", ""), name }, host.now());
}

function recordPullFailure({ store, host }: ImageHost, name: string, error: unknown): void {
  const attributes = { error: error instanceof Error ? error.message : String(error) };
  store.events.record({ type: "image", status: "pull-error", name, attributes }, host.now());
}

async function pullNamed(engine: StoreHost, name: string, options: PullOptions): Promise<FoundImage> {
  await using connection = new Connection(engine, options.registry, () => engine.worker());
  const { placeNamed } = await import("../transport/index.ts");
  const place = placeNamed(name);
  if (place !== undefined) {
    const image = await pullFrom(engine, place, connection.context, options);
    if (place.transport !== "docker") return { image };
    return { image, fullName: formatReference(withDefaultTag(place.reference)) };
  }
  const registries = await connection.registries();
  const failures: unknown[] = [];
  const { chooseShortName } = await import("./choose-short-name.ts");
  const chosen = await chooseShortName(engine, registries.conf, name, registries.candidates(name));
  for (const candidate of chosen.names) {
    const reference = withDefaultTag(candidate);
    let image: StoredImage;
    try {
      image = await pullFrom(engine, { transport: "docker", reference }, connection.context, options);
    } catch (error) {
      engine.signal?.throwIfAborted();
      failures.push(error);
      continue;
    }
    await chosen.remember?.();
    return { image, fullName: formatReference(reference) };
  }
  if (failures.length === 1) throw failures[0];
  throw new ShortNameUnresolvedError(name, failures);
}

/** The stored image of that name. */
export async function findStored(engine: ImageHost, name: string): Promise<StoredImage | undefined> {
  return (await findResolved(engine, name))?.image;
}

/** As `resolveStored`; undefined where there is none. */
export async function findResolved(engine: ImageHost, name: string): Promise<FoundImage | undefined> {
  try {
    return await resolveStored(engine, name);
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined;
    throw error;
  }
}

/** As `findStored`. @throws {ImageNotFoundError} */
export async function getStored(engine: ImageHost, name: string): Promise<StoredImage> {
  return (await resolveStored(engine, name)).image;
}

/**
 * The stored image of that name, and the full name that was meant. Configuration is read only when the name alone does not tell.
 *
 * @throws {ImageNotFoundError | AmbiguousImageError}
 */
export async function resolveStored(engine: ImageHost, name: string): Promise<FoundImage> {
  const { images } = engine.store;
  if (images.find(name) !== undefined) return images.resolve(name);
  await using connection = new Connection(engine);
  return images.resolve(name, await connection.context.candidates?.(name));
}

export interface PushOptions {
  readonly registry?: RegistryOptions;
  readonly format?: ManifestFormat;
  /** How layers are compressed; default as the destination expects it. */
  readonly layers?: LayerWish;
  readonly attempts?: number;
  readonly onEvent?: (event: CopyEvent) => void;
}

/**
 * Writes a stored image somewhere: to the registry its name tells, or to `destination`, a name or `transport:location`.
 * Layers made here are gzipped on their way to a registry. Returns the descriptor of what is there now.
 */
export async function pushImage(
  engine: StoreHost,
  image: string,
  destination: string | undefined,
  options: PushOptions = {},
): Promise<Descriptor> {
  const { openDestination, placeNamed } = await import("../transport/index.ts");
  await using connection = new Connection(engine, options.registry);
  const target = placeNamed(destination ?? image) ?? registryPlace(destination ?? image);
  await using source = await openAdmitted(engine, { transport: "containers-storage", image }, connection);
  await using to = openDestination(target, connection.context);
  const { withKnownBlobs } = await import("./known-blobs.ts");
  const written = await withKnownBlobs(engine, { place: target, connection }, (known) =>
    copyFromStore(engine, source, to, connection.context, { ...options, ...(known && { known }) }),
  );
  recordImageEvent(engine, "push", (await getStored(engine, image)).id, destination ?? image);
  return written;
}

/** An image and the names it is to have in an archive. */
export interface SavedImage {
  readonly image: string;
  readonly names: readonly Reference[];
}

/**
 * Writes stored images to an archive or folder at `path`. Several images need the docker-archive format.
 *
 * @throws {UnsupportedByDestinationError}
 */
export async function saveImages(
  engine: StoreHost,
  images: readonly [SavedImage, ...SavedImage[]],
  path: string,
  format: "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir",
): Promise<void> {
  const { DockerArchiveWriter, openDestination, UnsupportedByDestinationError } =
    await import("../transport/index.ts");
  await using connection = new Connection(engine);
  const { context } = connection;
  const copy = async (
    { image }: SavedImage,
    destination: ImageDestination,
    to?: ManifestFormat,
  ): Promise<void> => {
    await using source = await openAdmitted(engine, { transport: "containers-storage", image }, connection);
    await copyFromStore(engine, source, destination, context, to === undefined ? {} : { format: to });
    recordImageEvent(engine, "save", (await getStored(engine, image)).id, path);
  };
  if (format === "docker-archive") {
    await using writer = new DockerArchiveWriter(path);
    for (const image of images) await copy(image, writer.destination(image.names));
    await writer.finish();
    return;
  }
  if (images.length > 1) throw new UnsupportedByDestinationError(format, "several images");
  const [first] = images;
  const [name] = first.names.map(formatReference);
  const named = name === undefined ? {} : { image: name };
  const target: TransportName =
    format === "docker-dir"
      ? { transport: "dir", path }
      : { transport: format === "oci-dir" ? "oci" : "oci-archive", path, ...named };
  await using destination = openDestination(target, context);
  await copy(first, destination, format === "docker-dir" ? "docker" : "oci");
}

/**
 * Brings all images of an archive, layout or folder into the store, under the names they have there.
 *
 * @param input the path of a file or folder, or a stream that is one
 * @returns what `load` prints of each: its name, or its ID where it has none
 */
export async function loadImages(engine: StoreHost, input: string | Readable): Promise<string[]> {
  const { listImages, spoolArchive } = await import("../transport/index.ts");
  await using connection = new Connection(engine, {}, () => engine.worker());
  const { context } = connection;
  using spooled =
    typeof input === "string" ? undefined : await spoolArchive(input, context.temporaryDirectory);
  const path = typeof input === "string" ? input : (spooled?.path ?? "");
  const loaded: string[] = [];
  for (const { source, names } of await listImages(path, context.temporaryDirectory)) {
    const image = await copyIntoStore(engine, source, names, context);
    recordImageEvent(engine, "loadfromarchive", image.id, typeof input === "string" ? input : "-");
    loaded.push(...(names.length === 0 ? [image.id] : names.map(formatReference)));
  }
  return loaded;
}

/** As `saveImages`, to standard output: the archive is made in a temporary file first, since archives are written out of order. */
export async function saveToStandardOutput(
  engine: StoreHost,
  images: readonly [SavedImage, ...SavedImage[]],
  format: "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir",
): Promise<void> {
  const { UnsupportedByDestinationError } = await import("../transport/index.ts");
  if (format === "oci-dir" || format === "docker-dir")
    throw new UnsupportedByDestinationError("standard output", format);
  const folder = mkdtempSync(join(temporaryDirectoryOf(engine), "wherry-save-"));
  try {
    const path = join(folder, "archive.tar");
    await saveImages(engine, images, path, format);
    await pipeline(createReadStream(path), createWriteStream("", { fd: 1, autoClose: false }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pullFrom(
  engine: StoreHost,
  place: TransportName,
  context: TransportContext,
  options: PullOptions,
): Promise<StoredImage> {
  const { formatTransportName } = await import("../transport/index.ts");
  options.onTry?.(formatTransportName(place));
  return await copyIntoStore(engine, place, await namesFor(place, context), context, options);
}

async function copyIntoStore(
  engine: StoreHost,
  place: TransportName,
  names: readonly Reference[],
  context: TransportContext,
  options: PullOptions = {},
): Promise<StoredImage> {
  const { platform, unpack = true } = options;
  const { StoreDestination } = await import("../transport/index.ts");
  const { copyImage, selectPlatform } = await import("../image/index.ts");
  const { hostPlatform } = await import("../oci/index.ts");
  await using source = await openAdmitted(engine, place, { context });
  await using destination = new StoreDestination(engine.store, {
    names,
    ...(unpack ? { worker: unpacker(engine) } : {}),
  });
  const root = await copyImage(
    selectPlatform(source, platform ?? hostPlatform()),
    destination,
    copyOptions(engine, options),
  );
  return engine.store.images.get(root.digest);
}

/** The process that unpacks layers; none where this user cannot have one, which the first run of a container says. */
function unpacker(engine: StoreHost): () => Promise<LayerWorker | undefined> {
  const open = async (): Promise<LayerWorker | undefined> => {
    try {
      await engine.userNamespace();
    } catch (error) {
      const { UserNamespaceError } = await import("../userns/index.ts");
      if (!(error instanceof UserNamespaceError)) throw error;
      engine.onNotice?.(`layers stay packed until a command needs them: ${error.message}`);
      return undefined;
    }
    return await engine.worker();
  };
  let opened: Promise<LayerWorker | undefined> | undefined;
  return () => (opened ??= open());
}

async function copyFromStore(
  engine: StoreHost,
  source: ImageSource,
  destination: ImageDestination,
  { temporaryDirectory }: TransportContext,
  options: PushOptions & { readonly known?: KnownBlobs },
): Promise<Descriptor> {
  const { format, layers, known } = options;
  const { adaptSource, copyImage } = await import("../image/index.ts");
  await using adapted = adaptSource(source, destination, {
    choice: { kind: "all" },
    temporaryDirectory,
    forms: engine.store.layers,
    ...(format === undefined ? {} : { format }),
    ...(layers === undefined ? {} : { layers }),
  });
  return await copyImage(adapted, destination, copyOptions(engine, options, known));
}

function registryPlace(name: string): TransportName {
  return { transport: "docker", reference: withDefaultTag(parseReference(name)) };
}

/** The names a pulled image gets: the one it was asked for by, or those it has in its archive or layout. */
async function namesFor(
  place: TransportName,
  { temporaryDirectory }: TransportContext,
): Promise<readonly Reference[]> {
  if (place.transport === "docker") return [place.reference];
  if (place.transport === "containers-storage" || place.transport === "dir") return [];
  if (typeof place.image === "object") return [place.image];
  if (place.transport === "docker-daemon") return [];
  const { listImages } = await import("../transport/index.ts");
  const images = await listImages(place.path, temporaryDirectory);
  const chosen =
    typeof place.image === "number" ? images[place.image] : images.length === 1 ? images[0] : undefined;
  if (chosen !== undefined) return chosen.names;
  return typeof place.image === "string" ? [parseReference(place.image)] : [];
}
