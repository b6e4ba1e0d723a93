import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { syncDirectory } from "../io/index.ts";
import {
  childrenOf,
  isForeignLayer,
  MANIFEST_SIZE_LIMIT,
  parseImageConfig,
  parseManifest,
  type Descriptor,
  type Digest,
  type ImageConfig,
  type ImageManifest,
  type Manifest,
} from "../oci/index.ts";
import { formatReference, withDefaultTag, type Reference } from "../reference/index.ts";
import type { BlobStore } from "./blob-store.ts";
import type { StateDatabase } from "./database.ts";
import { BlobMissingError, ImageNotFoundError, UnsuitableImageError } from "./errors.ts";
import type { EventLog } from "./event-log.ts";
import { findByName, findImage, type FoundImage } from "./find-image.ts";
import { deleteImages, giveName, insertImage } from "./image-rows.ts";
import { writeIndex } from "./index-projection.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";
import type { LayerWorker } from "./remove-tree.ts";
import { isFull } from "./reserve.ts";
import { selectImages, type StoredImage } from "./stored-image.ts";
import { sweep, type Swept } from "./sweep.ts";

export interface ImageStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly blobs: BlobStore;
  readonly pins: Pins;
  readonly events: EventLog;
  readonly prepare: () => void;
}

/** What `remove` did. */
export interface RemovedImage extends Swept {
  readonly untagged: readonly string[];
}

/** The images of the store and their names. The database is the truth; index.json says the same to other OCI tools. */
export class ImageStore {
  readonly #parts: ImageStoreParts;

  constructor(parts: ImageStoreParts) {
    this.#parts = parts;
  }

  /** All images, the newest first. */
  list(): StoredImage[] {
    return selectImages(this.#parts.database);
  }

  /**
   * The image a user means by a name, ID, or digest as typed.
   *
   * @param candidates what a short name stands for by configuration; default `localhost/` and docker.io
   * @throws {AmbiguousImageError | InvalidReferenceError}
   */
  find(text: string, candidates?: readonly Reference[]): StoredImage | undefined {
    return findImage(this.#parts.database, text, candidates)?.image;
  }

  /** As `get`, with the name that was meant, for commands that take names away. @throws {ImageNotFoundError} */
  resolve(text: string, candidates?: readonly Reference[]): FoundImage {
    const found = findImage(this.#parts.database, text, candidates);
    if (found === undefined) throw new ImageNotFoundError(text);
    return found;
  }

  /** As `find`. @throws {ImageNotFoundError} when there is none */
  get(text: string, candidates?: readonly Reference[]): StoredImage {
    const image = this.find(text, candidates);
    if (image === undefined) throw new ImageNotFoundError(text);
    return image;
  }

  /** The image with that very name. */
  findByName(reference: Reference): StoredImage | undefined {
    return findByName(this.#parts.database, reference);
  }

  /** All names the image has had, those too that went on to another. */
  nameHistory({ manifest }: Pick<StoredImage, "manifest">): string[] {
    const { database } = this.#parts;
    const rows = database.all(
      "SELECT name FROM name_history WHERE manifest = ? ORDER BY name",
      manifest.digest,
    );
    return rows.map(({ name }) => String(name));
  }

  /** @throws {BlobMissingError | DigestMismatchError} */
  readManifest(image: Pick<StoredImage, "manifest">): Manifest & { readonly kind: "image" } {
    return this.#readImageManifest(image.manifest);
  }

  /** @throws {BlobMissingError | DigestMismatchError | InvalidDocumentError} */
  readConfig(image: Pick<StoredImage, "id">): ImageConfig {
    return parseImageConfig(this.#parts.blobs.readBytes(image.id));
  }

  /**
   * Makes an image of blobs that are here, and gives it the names, which move from the images that had them.
   * The names appear all at once; when this returns the disk has everything.
   *
   * @throws {BlobMissingError | UnsuitableImageError | InvalidDocumentError}
   */
  put(manifest: Descriptor, names: readonly Reference[] = []): StoredImage {
    const { paths, database, pins, blobs } = this.#parts;
    const { content } = this.#readImageManifest(manifest);
    const config = parseImageConfig(blobs.readBytes(content.config.digest));
    if (config.rootfs.diff_ids.length !== content.layers.length)
      throw new UnsuitableImageError(
        manifest.digest,
        `its config names ${config.rootfs.diff_ids.length} layers, its manifest ${content.layers.length}`,
      );
    const refs = new Set([
      manifest.digest,
      content.config.digest,
      ...content.layers.map(({ digest }) => digest),
      ...config.rootfs.diff_ids,
    ]);
    this.#parts.prepare();
    syncDirectory(join(paths.blobs, "sha256"));
    database.write(
      () => {
        this.#checkBlobs(manifest, content);
        insertImage(database, { manifest, content, config, refs });
        for (const name of names) giveName(database, formatReference(withDefaultTag(name)), manifest.digest);
        pins.release([...refs]);
        writeIndex(database, paths.index, true);
      },
      { durable: true },
    );
    const [image] = selectImages(database, "manifest = ?", manifest.digest);
    if (image === undefined) throw new ImageNotFoundError(manifest.digest);
    return image;
  }

  /** Gives the image one more name, which another image may lose by it. */
  tag(image: Pick<StoredImage, "id" | "manifest">, name: Reference): void {
    const { paths, database } = this.#parts;
    const text = formatReference(withDefaultTag(name));
    this.#parts.prepare();
    database.write(
      () => {
        if (selectImages(database, "manifest = ?", image.manifest.digest).length === 0)
          throw new ImageNotFoundError(image.manifest.digest);
        giveName(database, text, image.manifest.digest);
        writeIndex(database, paths.index, true);
      },
      { durable: true },
    );
    this.#parts.events.record({ type: "image", status: "tag", id: bareId(image.id), name: text });
  }

  /** Takes a name away; the image stays. Gives whether there was such a name. */
  untag(name: Reference): boolean {
    const { paths, database, events } = this.#parts;
    const text = formatReference(withDefaultTag(name));
    this.#parts.prepare();
    const isRemoved = database.write(
      () => {
        const removed = database.run("DELETE FROM names WHERE name = ?", text);
        this.#writeIndexIfRoom(paths.index);
        return removed > 0;
      },
      { durable: true, frees: true },
    );
    if (isRemoved) events.record({ type: "image", status: "untag", name: text });
    return isRemoved;
  }

  /**
   * Removes the image of that ID with all its names, then the blobs and layers that nothing else refers to.
   * The digest of a manifest removes that manifest alone, where an image has several.
   *
   * @param worker removes layers that hold files of subordinate users; without it such layers stay, unused
   * @throws {ImageNotFoundError | ImageInUseError} when containers are made of it
   */
  async remove(id: Digest, worker?: LayerWorker): Promise<RemovedImage> {
    const { database, paths } = this.#parts;
    this.#parts.prepare();
    const { imageId, untagged, candidates } = database.write(
      () => {
        const deleted = deleteImages(database, id);
        this.#writeIndexIfRoom(paths.index);
        return deleted;
      },
      { durable: true, frees: true },
    );
    for (const name of untagged)
      this.#parts.events.record({ type: "image", status: "untag", id: bareId(imageId), name });
    this.#parts.events.record({
      type: "image",
      status: "remove",
      id: bareId(imageId),
      name: untagged[0] ?? bareId(imageId),
    });
    const swept = await sweep(this.#parts, candidates, worker);
    database.write(() => {
      writeIndex(database, paths.index, false);
    });
    return { untagged, ...swept };
  }

  /** On a full disk removal has to go on without a new index.json; it is written once there is room. */
  #writeIndexIfRoom(path: string): void {
    try {
      writeIndex(this.#parts.database, path, false);
    } catch (error) {
      if (!(error instanceof FileSystemError) || !isFull(error.cause)) throw error;
    }
  }

  #readImageManifest(descriptor: Descriptor): Manifest & { readonly kind: "image" } {
    const bytes = this.#parts.blobs.readBytes(descriptor.digest, MANIFEST_SIZE_LIMIT);
    const manifest = parseManifest(bytes, descriptor.mediaType);
    if (manifest.kind === "image") return manifest;
    throw new UnsuitableImageError(
      descriptor.digest,
      "it is an index of several platforms; the store keeps one platform of an image",
    );
  }

  #checkBlobs(manifest: Descriptor, content: ImageManifest): void {
    const { blobs } = this.#parts;
    for (const blob of childrenOf({ kind: "image", content } as Manifest).blobs) {
      const size = blobs.sizeOf(blob.digest);
      if (size === undefined && isForeignLayer(blob.mediaType)) continue;
      if (size !== blob.size) throw new BlobMissingError(blob.digest, `image ${manifest.digest}`);
    }
  }
}

/** An image's ID as podman shows it. */
function bareId(id: Digest): string {
  return id.replace("sha256:", "");
}
