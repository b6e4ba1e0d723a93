import type { Readable } from "node:stream";
import { compressionOf, encodedOf, type Descriptor, type Digest, type Manifest } from "../../oci/index.ts";
import { formatReference, type Reference } from "../../reference/index.ts";
import { ArchiveWriter } from "../archive/archive-writer.ts";
import { UnsupportedByDestinationError } from "../errors.ts";
import type { Acceptance, ImageDestination } from "../image-destination.ts";
import type { ArchivedImage } from "./archive-manifest.ts";

/** An archive as `docker save` makes it, for one image or several; blobs that images share are in it once. */
export class DockerArchiveWriter implements AsyncDisposable {
  readonly #archive: ArchiveWriter;
  readonly #images = new Map<Digest, ArchivedImage>();

  constructor(path: string) {
    this.#archive = new ArchiveWriter(path);
  }

  /** Where to write one image, under those names. */
  destination(names: readonly Reference[]): ImageDestination {
    return new DockerArchiveDestination(this.#archive, (id, image) => this.#add(id, image), names);
  }

  /** Ends the archive and gives it its name. */
  async finish(): Promise<void> {
    const manifest = Buffer.from(JSON.stringify([...this.#images.values()]));
    await this.#archive.add("manifest.json", manifest.length, manifest);
    await this.#archive.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#archive[Symbol.dispose]();
    return Promise.resolve();
  }

  /** One image under several names is one image with several tags. */
  #add(id: Digest, image: ArchivedImage): void {
    const tags = new Set([...(this.#images.get(id)?.RepoTags ?? []), ...image.RepoTags]);
    this.#images.set(id, { ...image, RepoTags: [...tags] });
  }
}

/** An archive of one image: publishing it ends the archive. */
export function singleImageArchive(path: string, names: readonly Reference[]): ImageDestination {
  const writer = new DockerArchiveWriter(path);
  const destination = writer.destination(names);
  const single: ImageDestination & { readonly accepts: Acceptance } = {
    accepts: ACCEPTS,
    hasBlob: (blob) => destination.hasBlob(blob),
    writeBlob: (blob, content) => destination.writeBlob(blob, content),
    writeManifest: (manifest) => destination.writeManifest(manifest),
    async commit(root) {
      await destination.commit(root);
      await writer.finish();
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
  return single;
}

const ACCEPTS: Acceptance = { layers: ["none", "gzip"], indexes: false };

class DockerArchiveDestination implements ImageDestination {
  readonly accepts: Acceptance = ACCEPTS;
  readonly #archive: ArchiveWriter;
  readonly #publish: (id: Digest, image: ArchivedImage) => void;
  readonly #names: readonly Reference[];
  #manifest: Manifest | undefined;

  constructor(
    archive: ArchiveWriter,
    publish: (id: Digest, image: ArchivedImage) => void,
    names: readonly Reference[],
  ) {
    this.#archive = archive;
    this.#publish = publish;
    this.#names = names;
  }

  hasBlob(blob: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#archive.has(memberName(blob)));
  }

  writeBlob(blob: Descriptor, content: Readable): Promise<void> {
    return this.#archive.add(memberName(blob), blob.size, content);
  }

  writeManifest(manifest: Manifest): Promise<void> {
    this.#manifest = manifest;
    return Promise.resolve();
  }

  commit(root: Descriptor): Promise<void> {
    if (this.#manifest?.kind !== "image" || this.#manifest.descriptor.digest !== root.digest)
      throw new UnsupportedByDestinationError("a docker archive", "an index of several platforms");
    const { config, layers } = this.#manifest.content;
    this.#publish(config.digest, {
      Config: memberName(config),
      RepoTags: this.#names.map(({ registry, repository, tag = "latest" }) =>
        formatReference({ registry, repository, tag }),
      ),
      Layers: layers.map(memberName),
    });
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function memberName({ digest, mediaType }: Descriptor): string {
  const hex = encodedOf(digest);
  if (mediaType.endsWith("json")) return `${hex}.json`;
  return compressionOf(mediaType) === "gzip" ? `${hex}.tar.gz` : `${hex}.tar`;
}
