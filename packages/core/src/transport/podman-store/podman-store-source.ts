import { join } from "node:path";
import { Readable } from "node:stream";
import {
  createManifest,
  MEDIA_TYPE,
  parseManifest,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../../oci/index.ts";
import { InvalidLayoutError } from "../errors.ts";
import type { ImageSource } from "../image-source.ts";
import { chooseStored, layersOf, readBigData, readImages, type PodmanImage } from "./store-documents.ts";
import { assembleLayer } from "./tar-split.ts";

/** Which image of which store of podman, buildah and skopeo (containers/storage, driver overlay). */
export interface PodmanStoreName {
  readonly root: string;
  readonly name?: string;
  readonly id?: string;
}

/**
 * An image in podman's store, for reading. The store has layers unpacked only, so the manifest names them uncompressed: as the
 * archives they were unpacked from, which are put together again byte for byte.
 */
export class PodmanStoreSource implements ImageSource {
  readonly #place: PodmanStoreName;
  #opened:
    | {
        readonly image: PodmanImage;
        readonly manifest: Manifest;
        readonly layers: ReadonlyMap<Digest, string>;
      }
    | undefined;

  constructor(place: PodmanStoreName) {
    this.#place = place;
  }

  readManifest(digest?: Digest): Promise<Manifest> {
    return attempt(() => {
      const { manifest } = this.#open();
      if (digest === undefined || digest === manifest.descriptor.digest) return manifest;
      throw new InvalidLayoutError(this.#place.root, `has no manifest ${digest} for this image`);
    });
  }

  readBlob({ digest }: Descriptor): Promise<Readable> {
    return attempt(() => {
      const { root } = this.#place;
      const { image, layers } = this.#open();
      const layer = layers.get(digest);
      if (layer === undefined)
        return Readable.from([readBigData(root, image, digest)], { objectMode: false });
      const tarSplit = join(root, "overlay-layers", `${layer}.tar-split.gz`);
      return Readable.from(assembleLayer(tarSplit, join(root, "overlay", layer, "diff")), {
        objectMode: false,
      });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #open() {
    if (this.#opened !== undefined) return this.#opened;
    const { root } = this.#place;
    const image = chooseStored(readImages(root), this.#place, root);
    const stored = parseManifest(readBigData(root, image, "manifest"));
    if (stored.kind === "index")
      throw new InvalidLayoutError(root, `has an index as the manifest of ${image.id}`);
    const isDocker = stored.descriptor.mediaType === MEDIA_TYPE.dockerManifest;
    const layers = new Map<Digest, string>();
    const descriptors = layersOf(root, image).map((layer): Descriptor => {
      const { "diff-digest": digest, "diff-size": size } = layer;
      if (digest === undefined || size === undefined)
        throw new InvalidLayoutError(root, `does not know the digest and size of layer ${layer.id}`);
      layers.set(digest, layer.id);
      return { mediaType: isDocker ? MEDIA_TYPE.dockerLayer : MEDIA_TYPE.ociLayer, digest, size };
    });
    const { mediaType = stored.descriptor.mediaType, ...content } = stored.content;
    const manifest = createManifest({ ...content, mediaType, layers: descriptors });
    this.#opened = { image, manifest, layers };
    return this.#opened;
  }
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
