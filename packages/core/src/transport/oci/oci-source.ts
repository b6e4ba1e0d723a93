import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import {
  algorithmOf,
  encodedOf,
  MANIFEST_SIZE_LIMIT,
  parseManifest,
  type Descriptor,
  type Digest,
  type ImageIndex,
  type Manifest,
} from "../../oci/index.ts";
import { verifyBytes } from "../../io/index.ts";
import { InvalidLayoutError, PlaceMissingError } from "../errors.ts";
import type { ImageFiles } from "../image-files.ts";
import type { ImageSource } from "../image-source.ts";
import { chooseManifest, parseLayoutIndex } from "./layout-index.ts";

/** An image in an OCI image layout (image-spec image-layout.md), in a folder or an archive, whoever wrote it. */
export class OciSource implements ImageSource {
  readonly #open: () => Promise<ImageFiles>;
  readonly #image: string | number | undefined;
  #files: Promise<ImageFiles> | undefined;

  constructor(open: () => Promise<ImageFiles>, image?: string | number) {
    this.#open = open;
    this.#image = image;
  }

  async readManifest(digest?: Digest): Promise<Manifest> {
    const files = await this.#opened();
    const descriptor =
      digest === undefined ? chooseManifest(readLayoutIndex(files), this.#image, files.place) : undefined;
    const wanted = descriptor?.digest ?? digest;
    const bytes = wanted && files.readBytes(blobName(wanted), MANIFEST_SIZE_LIMIT);
    if (!wanted || !bytes) throw new InvalidLayoutError(files.place, `lacks manifest ${wanted ?? ""}`);
    verifyBytes(bytes, { digest: wanted, size: descriptor?.size ?? bytes.length });
    return parseManifest(bytes, descriptor?.mediaType, algorithmOf(wanted));
  }

  async readBlob({ digest }: Descriptor): Promise<Readable> {
    const files = await this.#opened();
    const content = files.open(blobName(digest));
    if (content === undefined) throw new InvalidLayoutError(files.place, `lacks blob ${digest}`);
    return content;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#files?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  #opened(): Promise<ImageFiles> {
    this.#files ??= this.#open();
    return this.#files;
  }
}

/** The index.json of a layout. @throws {InvalidLayoutError} when the files are no layout */
export function readLayoutIndex(files: ImageFiles): ImageIndex {
  const bytes = files.readBytes("index.json", MANIFEST_SIZE_LIMIT);
  if (bytes !== undefined) return parseLayoutIndex(bytes, files.place);
  if (!existsSync(files.place)) throw new PlaceMissingError(files.place);
  throw new InvalidLayoutError(files.place, "is no OCI layout: it has no index.json");
}

/** Where a layout has a blob. */
export function blobName(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${encodedOf(digest)}`;
}
