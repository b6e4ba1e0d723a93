import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Descriptor, Digest, ImageIndex, Manifest } from "../../oci/index.ts";
import { makeDirectory } from "../../io/index.ts";
import { RefusingToOverwriteError } from "../errors.ts";
import type { ImageDestination, KnowsImage } from "../image-destination.ts";
import { folderFiles } from "../image-files.ts";
import { readNames } from "../read-names.ts";
import { StagedFolder } from "../staged-folder.ts";
import { isStaging } from "../staging.ts";
import { withIndexLock } from "../file-lock.ts";
import { EMPTY_INDEX, publishes, withManifest } from "./layout-index.ts";
import { blobName, readLayoutIndex } from "./oci-source.ts";

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

export interface OciDestinationOptions {
  /** Folder that layouts share for their blobs, instead of having them each. */
  readonly sharedBlobs?: string | undefined;
  /** Names of the image besides the first. */
  readonly moreNames?: readonly string[];
}

/** An OCI image layout (image-spec image-layout.md), new or with images in it already, which stay. */
export class OciDestination implements ImageDestination, KnowsImage {
  readonly #path: string;
  readonly #names: readonly (string | undefined)[];
  readonly #folder: StagedFolder;
  readonly #shared: StagedFolder | undefined;

  constructor(path: string, name?: string, { sharedBlobs, moreNames = [] }: OciDestinationOptions = {}) {
    if (!existsSync(join(path, "oci-layout")) && readNames(path).some((other) => !isPart(other)))
      throw new RefusingToOverwriteError(path, "OCI layout");
    this.#path = path;
    this.#names = [name, ...moreNames];
    this.#folder = new StagedFolder(path);
    this.#shared = sharedBlobs === undefined ? undefined : new StagedFolder(sharedBlobs);
  }

  publishes(root: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#hasNamed(this.#readIndex(), root));
  }

  hasManifest(manifest: Descriptor): Promise<boolean> {
    return this.hasBlob(manifest);
  }

  hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const { folder, name } = this.#placeOf(digest);
    return Promise.resolve(folder.sizeOf(name) === size);
  }

  async writeBlob({ digest }: Descriptor, content: Readable): Promise<void> {
    const { folder, name } = this.#placeOf(digest);
    makeDirectory(join(folder.path, dirname(name)), 0o755);
    await folder.write(name, content);
  }

  async writeManifest({ bytes, descriptor }: Manifest): Promise<void> {
    await this.writeBlob(descriptor, Readable.from([bytes]));
  }

  commit(root: Descriptor): Promise<void> {
    if (!existsSync(join(this.#path, "oci-layout"))) this.#folder.writeBytes("oci-layout", LAYOUT);
    withIndexLock(this.#path, () => {
      const named = this.#names.reduce((before, name) => withManifest(before, root, name), this.#readIndex());
      this.#folder.writeBytes("index.json", JSON.stringify(named));
    });
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    this.#shared?.[Symbol.dispose]();
    return Promise.resolve();
  }

  #hasNamed(index: ImageIndex, root: Descriptor): boolean {
    return this.#names.every((name) => publishes(index, root, name));
  }

  #placeOf(digest: Digest): { folder: StagedFolder; name: string } {
    const name = blobName(digest);
    if (this.#shared === undefined) return { folder: this.#folder, name };
    return { folder: this.#shared, name: name.slice("blobs/".length) };
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
