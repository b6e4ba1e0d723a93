import type { Readable } from "node:stream";
import { parseImageConfig, type Descriptor, type Manifest } from "../../oci/index.ts";
import { formatReference, withDefaultTag, type Reference } from "../../reference/index.ts";
import type { LayerWorker, Store } from "../../store/index.ts";
import type { Acceptance, ImageDestination, KnowsImage } from "../image-destination.ts";

export interface StoreDestinationOptions {
  readonly names: readonly Reference[];
  /**
   * Unpacks each layer as soon as it is here, while others still come; without it, and where it gives none, layers are
   * unpacked at the first run.
   */
  readonly worker?: () => Promise<LayerWorker | undefined>;
}

/** The local store. What a broken copy has written stays for the next try, and goes with the next clean-up. */
export class StoreDestination implements ImageDestination, KnowsImage {
  readonly accepts: Acceptance = { layers: ["none", "gzip", "zstd"], indexes: false };
  readonly #store: Store;
  readonly #names: readonly Reference[];
  readonly #worker: (() => Promise<LayerWorker | undefined>) | undefined;
  readonly #unpacking: Promise<unknown>[] = [];

  constructor(store: Store, { names, worker }: StoreDestinationOptions) {
    this.#store = store;
    this.#names = names;
    this.#worker = worker;
  }

  async publishes(root: Descriptor): Promise<boolean> {
    const image = this.#store.images.list().find(({ manifest }) => manifest.digest === root.digest);
    if (image === undefined) return false;
    const names = this.#names.map((name) => formatReference(withDefaultTag(name)));
    if (!names.every((name) => image.names.includes(name))) return false;
    await this.#ensureLayers(root);
    return true;
  }

  hasManifest({ digest, size }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#store.blobs.sizeOf(digest) === size);
  }

  hasBlob(blob: Descriptor): Promise<boolean> {
    const { blobs } = this.#store;
    if (blobs.sizeOf(blob.digest) !== blob.size || !blobs.hold(blob.digest)) return Promise.resolve(false);
    this.#unpack(blob);
    return Promise.resolve(true);
  }

  async writeBlob(blob: Descriptor, content: Readable): Promise<void> {
    await this.#store.blobs.write(blob, content);
    this.#unpack(blob);
  }

  async writeManifest({ bytes }: Manifest): Promise<void> {
    await this.#store.blobs.writeBytes(bytes);
  }

  async commit(root: Descriptor): Promise<void> {
    await Promise.all(this.#unpacking);
    await this.#ensureLayers(root);
    this.#store.images.put(root, this.#names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#unpacking);
  }

  #unpack(blob: Descriptor): void {
    if (this.#worker === undefined || !isLayer(blob)) return;
    const unpacking = this.#worker().then((worker) =>
      worker === undefined ? undefined : this.#store.layers.unpack(blob, worker),
    );
    unpacking.catch(() => undefined); // commit reports it
    this.#unpacking.push(unpacking);
  }

  /** All layers are there and are what the config says. */
  async #ensureLayers(root: Descriptor): Promise<void> {
    if (this.#worker === undefined) return;
    const manifest = this.#store.images.readManifest({ manifest: root });
    const config = parseImageConfig(this.#store.blobs.readBytes(manifest.content.config.digest));
    if (config.rootfs.diff_ids.every((diffId) => this.#store.layers.has(diffId))) return;
    const worker = await this.#worker();
    if (worker === undefined) return;
    await this.#store.layers.ensure(manifest, config, worker);
  }
}

function isLayer({ mediaType }: Descriptor): boolean {
  return /\.layer\.|\.rootfs\.diff\./.test(mediaType);
}
