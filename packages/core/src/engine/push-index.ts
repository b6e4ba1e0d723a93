import type { Readable } from "node:stream";
import { parseManifest, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import { parseReference, withDefaultTag } from "../reference/index.ts";
import type { Store } from "../store/index.ts";
import type { ImageSource, TransportName } from "../transport/index.ts";
import { writePlace } from "./places.ts";
import type { PushOptions } from "./push-image.ts";
import type { StoreHost } from "./store-host.ts";

export interface PushIndexOptions extends PushOptions {
  /** Whether the images that the index names go along; default true. Without them they must be there. */
  readonly all?: boolean;
}

/**
 * Writes an index of images that are in the store somewhere: to a registry by its name, or to a `transport:location`.
 * Returns the descriptor of what is there now; its digest differs where layers were compressed on their way.
 */
export async function pushIndex(
  engine: StoreHost,
  index: Manifest,
  destination: string,
  options: PushIndexOptions = {},
): Promise<Descriptor> {
  return await writePlace(engine, new IndexSource(engine.store, index), await placeOf(destination), options);
}

async function placeOf(text: string): Promise<TransportName> {
  const { placeNamed } = await import("../transport/index.ts");
  return placeNamed(text) ?? { transport: "docker", reference: withDefaultTag(parseReference(text)) };
}

/** An index that is not a blob of the store, over images that are. */
class IndexSource implements ImageSource {
  readonly #store: Store;
  readonly #index: Manifest;

  constructor(store: Store, index: Manifest) {
    this.#store = store;
    this.#index = index;
  }

  readManifest(digest?: Digest): Promise<Manifest> {
    if (digest === undefined || digest === this.#index.descriptor.digest) return Promise.resolve(this.#index);
    const entry = "manifests" in this.#index.content ? this.#index.content.manifests : [];
    const mediaType = entry.find((one) => one.digest === digest)?.mediaType;
    return Promise.resolve(parseManifest(this.#store.blobs.readBytes(digest), mediaType));
  }

  readBlob({ digest }: Descriptor): Promise<Readable> {
    return Promise.resolve(this.#store.blobs.read(digest));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
