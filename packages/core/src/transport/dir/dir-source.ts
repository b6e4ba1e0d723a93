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
import { readNumbered } from "../numbered-signatures.ts";
import { readNames } from "../read-names.ts";
import type { SignedSource } from "../signatures.ts";
import { SIGNATURE, signatureName } from "./signature-name.ts";

/** An image in a folder as skopeo writes it: manifest.json, and blobs named by the hex digits of their digest. */
export class DirSource implements ImageSource, SignedSource {
  readonly #files: ImageFiles;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
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

  mayBeSigned(): Promise<boolean> {
    return Promise.resolve(readNames(this.#path).some((name) => SIGNATURE.test(name)));
  }

  readSignatures(digest: Digest): Promise<Buffer[]> {
    const isRoot = digestOf(this.#read("manifest.json"), algorithmOf(digest)) === digest;
    const signed = isRoot ? undefined : digest;
    return readNumbered(
      (number, limit) => this.#files.readBytes(signatureName(number, signed), limit),
      `${this.#path}, ${digest}`,
    );
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
