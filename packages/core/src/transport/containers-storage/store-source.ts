import type { Readable } from "node:stream";
import {
  algorithmOf,
  MANIFEST_SIZE_LIMIT,
  parseManifest,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../../oci/index.ts";
import type { Store } from "../../store/index.ts";
import type { TransportContext } from "../context.ts";
import type { ImageSource } from "../image-source.ts";

/** An image in the local store. */
export class StoreSource implements ImageSource {
  readonly #store: Store;
  readonly #image: string;
  readonly #candidates: TransportContext["candidates"];

  constructor(store: Store, image: string, candidates?: TransportContext["candidates"]) {
    this.#store = store;
    this.#image = image;
    this.#candidates = candidates;
  }

  async readManifest(digest?: Digest): Promise<Manifest> {
    const { blobs, images } = this.#store;
    if (digest === undefined)
      return images.readManifest(images.get(this.#image, await this.#candidates?.(this.#image)));
    return Promise.resolve(
      parseManifest(blobs.readBytes(digest, MANIFEST_SIZE_LIMIT), undefined, algorithmOf(digest)),
    );
  }

  readBlob({ digest }: Descriptor): Promise<Readable> {
    return Promise.resolve(this.#store.blobs.read(digest));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
