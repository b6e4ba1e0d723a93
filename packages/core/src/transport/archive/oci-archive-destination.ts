import { posix } from "node:path";
import type { Readable } from "node:stream";
import type { Descriptor, Digest, Manifest } from "../../oci/index.ts";
import type { ImageDestination } from "../image-destination.ts";
import { EMPTY_INDEX, withManifest } from "../oci/layout-index.ts";
import { blobName } from "../oci/oci-source.ts";
import { ArchiveWriter } from "./archive-writer.ts";

/** A tar archive of an OCI image layout. An archive that is there is replaced when the new one is whole. */
export class OciArchiveDestination implements ImageDestination {
  readonly #archive: ArchiveWriter;
  readonly #name: string | undefined;

  constructor(path: string, name?: string) {
    this.#archive = new ArchiveWriter(path);
    this.#name = name;
  }

  hasBlob({ digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#archive.has(blobName(digest)));
  }

  async writeBlob({ digest, size }: Descriptor, content: Readable): Promise<void> {
    await this.#addFolders(digest);
    await this.#archive.add(blobName(digest), size, content);
  }

  async writeManifest({ bytes, descriptor }: Manifest): Promise<void> {
    await this.#addFolders(descriptor.digest);
    await this.#archive.add(blobName(descriptor.digest), bytes.length, bytes);
  }

  async commit(root: Descriptor): Promise<void> {
    const index = Buffer.from(JSON.stringify(withManifest(EMPTY_INDEX, root, this.#name)));
    const layout = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
    await this.#archive.add("oci-layout", layout.length, layout);
    await this.#archive.add("index.json", index.length, index);
    await this.#archive.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#archive[Symbol.dispose]();
    return Promise.resolve();
  }

  async #addFolders(digest: Digest): Promise<void> {
    await this.#archive.addFolder("blobs");
    await this.#archive.addFolder(posix.dirname(blobName(digest)));
  }
}
