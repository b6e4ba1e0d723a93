import type { Readable } from "node:stream";
import {
  algorithmOf,
  digestOf,
  encodedOf,
  MANIFEST_SIZE_LIMIT,
  parseManifest,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../../oci/index.ts";
import { InvalidLayoutError } from "../errors.ts";
import { folderFiles, type ImageFiles } from "../image-files.ts";
import type { ImageSource } from "../image-source.ts";

/** An image in a folder as skopeo writes it: manifest.json, and blobs named by the hex digits of their digest. */
export class DirSource implements ImageSource {
  readonly #files: ImageFiles;

  constructor(path: string) {
    this.#files = folderFiles(path);
  }

  async readManifest(digest?: Digest): Promise<Manifest> {
    const root = this.#read("manifest.json");
    if (digest === undefined || digestOf(root, algorithmOf(digest)) === digest) return parseManifest(root);
    const name = `${encodedOf(digest)}.manifest.json`;
    return Promise.resolve(parseManifest(this.#read(name), undefined, algorithmOf(digest)));
  }

  readBlob({ digest }: Descriptor): Promise<Readable> {
    const content = this.#files.open(encodedOf(digest));
    if (content === undefined) throw new InvalidLayoutError(this.#files.place, `lacks blob ${digest}`);
    return Promise.resolve(content);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #read(name: string): Buffer {
    const bytes = this.#files.readBytes(name, MANIFEST_SIZE_LIMIT);
    if (bytes === undefined)
      throw new InvalidLayoutError(this.#files.place, `holds no image: it has no ${name}`);
    return bytes;
  }
}
