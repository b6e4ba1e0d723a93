import type { Descriptor, Digest, ImageConfig, ImageManifest, Platform } from "../oci/index.ts";
import type { StateDatabase } from "./database.ts";
import { ImageInUseError, ImageNotFoundError } from "./errors.ts";
import { selectImages } from "./stored-image.ts";

/** What the rows of an image are made of. */
interface ImageParts {
  readonly manifest: Descriptor;
  readonly content: ImageManifest;
  readonly config: ImageConfig;
  /** All content that it needs. */
  readonly refs: ReadonlySet<Digest>;
}

/** Writes the rows of an image, which has no name yet. */
export function insertImage(database: StateDatabase, { manifest, content, config, refs }: ImageParts): void {
  const size = content.layers.reduce((sum, layer) => sum + layer.size, manifest.size + content.config.size);
  const { mediaType, digest } = manifest;
  database.run(
    `INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (manifest) DO UPDATE SET added = excluded.added`,
    digest,
    content.config.digest,
    JSON.stringify({ mediaType, digest, size: manifest.size }),
    config.created ?? "1970-01-01T00:00:00Z",
    size,
    JSON.stringify(platformOf(config)),
    JSON.stringify(config.config?.Labels ?? {}),
    JSON.stringify(config.rootfs.diff_ids),
    new Date().toISOString(),
  );
  for (const ref of refs) database.run("INSERT OR IGNORE INTO image_refs VALUES (?, ?)", digest, ref);
}

/** Gives a manifest a name, which another one may lose by it. */
export function giveName(database: StateDatabase, name: string, manifest: Digest): void {
  database.run(
    "INSERT INTO names VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest",
    name,
    manifest,
  );
}

/**
 * Deletes the image of that ID, or the manifest of that digest alone.
 *
 * @returns what it was called, and the content that may now be nobody's
 * @throws {ImageNotFoundError | ImageInUseError}
 */
export function deleteImages(
  database: StateDatabase,
  id: Digest,
): { imageId: Digest; untagged: string[]; candidates: Digest[] } {
  const images = selectImages(database, "id = ?1 OR manifest = ?1", id);
  if (images.length === 0) throw new ImageNotFoundError(id);
  const refs = database.all(
    "SELECT digest FROM image_refs JOIN images USING (manifest) WHERE images.id = ?1 OR manifest = ?1",
    id,
  );
  database.run("DELETE FROM images WHERE id = ?1 OR manifest = ?1", id);
  const users = database.all(
    "SELECT name FROM containers WHERE image_id <> '' AND image_id NOT IN (SELECT id FROM images) AND image_id = ?",
    images[0]?.id ?? id,
  );
  if (users.length > 0)
    throw new ImageInUseError(
      id,
      users.map(({ name }) => String(name)),
    );
  return {
    imageId: images[0]?.id ?? id,
    untagged: images.flatMap(({ names }) => names),
    candidates: refs.map(({ digest }) => String(digest) as Digest),
  };
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
