import { encodedOf } from "../oci/index.ts";
import {
  formatReference,
  isShortName,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../reference/index.ts";
import type { StateDatabase } from "./database.ts";
import { AmbiguousImageError } from "./errors.ts";
import { selectImages, type StoredImage } from "./stored-image.ts";

/** An image, and the full name by which it was found, if it was by name. */
export interface FoundImage {
  readonly image: StoredImage;
  readonly name?: string;
  /** The full name that was meant, also where the image is not here under it: `REPOSITORY@DIGEST` of one that has a tag. */
  readonly fullName?: string;
}

/**
 * The image a user means: by its full ID, by name (of a short name first `localhost/NAME`, then `candidates`, by default
 * docker.io's), by `NAME@DIGEST`, by digest, by the first digits of its ID.
 *
 * @throws {AmbiguousImageError | InvalidReferenceError}
 */
export function findImage(
  database: StateDatabase,
  text: string,
  candidates?: readonly Reference[],
): FoundImage | undefined {
  const hex = /^(?:sha256:)?([a-f0-9]{1,64})$/.exec(text)?.[1];
  if (hex?.length === 64) return withoutName(byDigest(database, hex));
  if (hex !== undefined && text.startsWith("sha256:")) return withoutName(byIdPrefix(database, text, hex));
  for (const reference of candidates ?? referencesOf(text)) {
    const image = findByName(database, reference);
    const name = formatReference(withDefaultTag(reference));
    if (image !== undefined)
      return { image, fullName: name, ...(image.names.includes(name) ? { name } : {}) };
  }
  return hex === undefined ? undefined : withoutName(byIdPrefix(database, text, hex));
}

function withoutName(image: StoredImage | undefined): FoundImage | undefined {
  return image === undefined ? undefined : { image };
}

/** The image with that very name; `latest` is meant when it has neither tag nor digest. */
export function findByName(database: StateDatabase, reference: Reference): StoredImage | undefined {
  const name = formatReference(withDefaultTag(reference));
  const [named] = selectImages(database, "manifest = (SELECT manifest FROM names WHERE name = ?)", name);
  if (named !== undefined || reference.digest === undefined) return named;
  const repository = `${reference.registry}/${reference.repository}`;
  return selectImages(database, "manifest = ?", reference.digest).find((image) =>
    image.names.some((other) => {
      const known = parseReference(other);
      return `${known.registry}/${known.repository}` === repository;
    }),
  );
}

/** The full names a text as typed may stand for, the likeliest first. */
function referencesOf(text: string): Reference[] {
  const reference = parseReference(text);
  return isShortName(text) ? [parseReference(`localhost/${text}`), reference] : [reference];
}

function byDigest(database: StateDatabase, hex: string): StoredImage | undefined {
  const digest = `sha256:${hex}`;
  return selectImages(database, "id = ? OR manifest = ?", digest, digest)[0];
}

/** Several manifests of one config are one image; the newest stands for them. */
function byIdPrefix(database: StateDatabase, text: string, hex: string): StoredImage | undefined {
  const images = selectImages(database, "id GLOB ?", `sha256:${hex}*`);
  const ids = new Set(images.map(({ id }) => id));
  if (ids.size > 1)
    throw new AmbiguousImageError(
      text,
      [...ids].map((id) => encodedOf(id).slice(0, 12)),
    );
  return images[0];
}
