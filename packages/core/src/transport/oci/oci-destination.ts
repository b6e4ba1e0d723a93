import { existsSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { algorithmOf, type Descriptor, type ImageIndex, type Manifest } from "../../oci/index.ts";
import { makeDirectory } from "../../io/index.ts";
import { RefusingToOverwriteError } from "../errors.ts";
import type { ImageDestination, KnowsImage } from "../image-destination.ts";
import { folderFiles } from "../image-files.ts";
import { readNames } from "../read-names.ts";
import { isStaging, StagedFolder } from "../staged-folder.ts";
import { EMPTY_INDEX, publishes, withManifest } from "./layout-index.ts";
import { blobName, readLayoutIndex } from "./oci-source.ts";

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
const ATTEMPTS = 20;

/** An OCI image layout (image-spec image-layout.md), new or with images in it already, which stay. */
export class OciDestination implements ImageDestination, KnowsImage {
  readonly #path: string;
  readonly #name: string | undefined;
  readonly #folder: StagedFolder;

  constructor(path: string, name?: string) {
    if (!existsSync(join(path, "oci-layout")) && readNames(path).some((other) => !isPart(other)))
      throw new RefusingToOverwriteError(path, "OCI layout");
    this.#path = path;
    this.#name = name;
    this.#folder = new StagedFolder(path);
  }

  publishes(root: Descriptor): Promise<boolean> {
    const isLayout = existsSync(join(this.#path, "index.json"));
    return Promise.resolve(isLayout && publishes(readLayoutIndex(folderFiles(this.#path)), root, this.#name));
  }

  hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#folder.sizeOf(blobName(digest)) === size);
  }

  async writeBlob({ digest }: Descriptor, content: Readable): Promise<void> {
    makeDirectory(join(this.#path, "blobs", algorithmOf(digest)), 0o755);
    await this.#folder.write(blobName(digest), content);
  }

  async writeManifest({ bytes, descriptor }: Manifest): Promise<void> {
    await this.writeBlob(descriptor, Readable.from([bytes]));
  }

  async commit(root: Descriptor): Promise<void> {
    if (!existsSync(join(this.#path, "oci-layout"))) this.#folder.writeBytes("oci-layout", LAYOUT);
    // Another process may write index.json between our reading and writing: look whether our image got in.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const index = this.#readIndex();
      if (attempt > 0 && publishes(index, root, this.#name)) return;
      this.#folder.writeBytes("index.json", JSON.stringify(withManifest(index, root, this.#name)));
      await new Promise((resolve) => setImmediate(resolve));
      if (publishes(this.#readIndex(), root, this.#name)) return;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    return Promise.resolve();
  }

  #readIndex(): ImageIndex {
    return existsSync(join(this.#path, "index.json"))
      ? readLayoutIndex(folderFiles(this.#path))
      : EMPTY_INDEX;
  }
}

/** Whether a write that did not come to its end may have left that in a folder. */
function isPart(name: string): boolean {
  return name === "blobs" || isStaging(name);
}
