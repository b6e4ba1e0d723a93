import type { CopyEvent } from "../image/index.ts";
import type { Platform } from "../oci/index.ts";
import { formatReference, parseReference, withDefaultTag, type Reference } from "../reference/index.ts";
import type { FoundImage, StoredImage } from "../store/index.ts";
import type { TransportContext, TransportName } from "../transport/index.ts";
import { Connection, type ImageHost } from "./connection.ts";
import { copyIntoStore } from "./copy-stored.ts";
import { ShortNameUnresolvedError } from "./errors.ts";
import { recordImageEvent } from "./record-image-event.ts";
import type { RegistryOptions } from "./registries.ts";
import type { StoreHost } from "./store-host.ts";

export interface PullOptions {
  readonly registry?: RegistryOptions;
  /** Default this machine's. */
  readonly platform?: Platform;
  readonly attempts?: number;
  /** Before the first repetition, in milliseconds; doubled for each further one. */
  readonly pauseMs?: number;
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
