import type { Platform } from "../oci/index.ts";
import { ImageNotFoundError, type FoundImage, type StoredImage } from "../store/index.ts";
import { OtherPlatformStoredError } from "./errors.ts";
import { findResolved } from "./find-stored.ts";
import { pullResolved, type PullOptions } from "./pull-image.ts";
import type { StoreHost } from "./store-host.ts";

/** When an image is fetched although, or only if, it is here (podman's `--pull`). */
export type PullPolicy = "always" | "missing" | "never" | "newer";

/** The image of that name: from the store, or pulled, as the policy says. */
export async function ensureImage(
  engine: StoreHost,
  name: string,
  policy: PullPolicy,
  options: PullOptions = {},
): Promise<StoredImage> {
  return (await ensureResolved(engine, name, policy, options)).image;
}

/**
 * As `ensureImage`, with the full name that was meant; none for an ID or a place. One of another platform that is here under the
 * name is not what is asked for; where nothing is asked for it is taken, and said, if this machine is another.
 *
 * @throws {ImageNotFoundError | OtherPlatformStoredError} where nothing may be pulled
 */
export async function ensureResolved(
  engine: StoreHost,
  name: string,
  policy: PullPolicy,
  options: PullOptions = {},
): Promise<FoundImage> {
  const found = policy === "always" ? undefined : await findResolved(engine, name);
  const other = found === undefined ? undefined : await otherPlatform(found.image, options.platform);
  const fits = other === undefined ? found : undefined;
  const listed = fits ?? (policy === "always" ? undefined : await findListed(engine, name, options.platform));
  const stored = listed ?? (options.platform === undefined ? found : undefined);
  if (stored !== undefined && policy !== "newer") {
    if (other !== undefined && listed === undefined)
      engine.onNotice?.(
        `image platform (${other.stored}) does not match the expected platform (${other.wanted})`,
      );
    return stored;
  }
  if (policy === "never") throw notHere(name, other);
  try {
    return await pullResolved(engine, name, options);
  } catch (error) {
    if (stored !== undefined && policy === "newer") return stored;
    throw error;
  }
}

/** The image for a platform out of a list of the store that has the name: it is as good as one that is stored under it. */
async function findListed(
  { store }: StoreHost,
  name: string,
  platform: Platform | undefined,
): Promise<FoundImage | undefined> {
  const { placeNamed } = await import("../transport/index.ts");
  const list = placeNamed(name) === undefined ? store.lists.find(name) : undefined;
  // the beginning of its ID may be the name of an image that is not here
  if (list === undefined || (name.length < list.id.length && list.id.startsWith(name))) return undefined;
  const { choosePlatform, hostPlatform } = await import("../oci/index.ts");
  const entry = choosePlatform(list.index.manifests, platform ?? hostPlatform());
  if (entry === undefined || !store.blobs.has(entry.digest)) return undefined;
  const image = store.images.find(entry.digest) ?? store.images.put(entry);
  return { image, ...(list.names[0] === undefined ? {} : { fullName: list.names[0] }) };
}

function notHere(name: string, other: Platforms | undefined): Error {
  return other === undefined ? new ImageNotFoundError(name) : new OtherPlatformStoredError(name, other);
}

/** What an image is for, and what it should be for, in words. */
interface Platforms {
  readonly stored: string;
  readonly wanted: string;
}

/** Both platforms, where the image cannot serve the one that is wanted: the asked one, else this machine's. */
async function otherPlatform(
  { platform }: StoredImage,
  asked: Platform | undefined,
): Promise<Platforms | undefined> {
  const { choosePlatform, formatPlatform, hostPlatform } = await import("../oci/index.ts");
  const wanted = asked ?? hostPlatform();
  if (choosePlatform([{ platform }], wanted) !== undefined) return undefined;
  return { stored: formatPlatform(platform), wanted: formatPlatform(wanted) };
}
