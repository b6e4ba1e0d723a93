import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { encodedOf, type Descriptor, type Manifest } from "../../oci/index.ts";
import { RefusingToOverwriteError } from "../errors.ts";
import type { ImageDestination } from "../image-destination.ts";
import { readNames } from "../read-names.ts";
import { StagedFolder } from "../staged-folder.ts";
import { isStaging } from "../staging.ts";

/** Names of blobs and of manifests but the root. */
const CONTENT = /^[a-f0-9]{64,128}(?:\.manifest\.json)?$/;
const VERSION = "Directory Transport Version: 1.1\n";

/** A folder as skopeo writes it. An image that is there stays whole until the new one is, and then goes. */
export class DirDestination implements ImageDestination {
  readonly #path: string;
  readonly #folder: StagedFolder;
  readonly #written = new Set(["version", "manifest.json"]);
  readonly #manifests = new Map<string, Manifest>();
  readonly #wasThere: boolean;
  #isCommitted = false;

  constructor(path: string) {
    const names = readNames(path);
    if (!names.includes("version") && !names.every((name) => CONTENT.test(name) || isStaging(name)))
      throw new RefusingToOverwriteError(path, "containers image directory");
    this.#path = path;
    this.#wasThere = existsSync(path);
    this.#folder = new StagedFolder(path, false);
  }

  hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const isThere = this.#folder.sizeOf(encodedOf(digest)) === size;
    if (isThere) this.#written.add(encodedOf(digest));
    return Promise.resolve(isThere);
  }

  async writeBlob({ digest }: Descriptor, content: Readable): Promise<void> {
    await this.#folder.write(encodedOf(digest), content);
    this.#written.add(encodedOf(digest));
  }

  writeManifest(manifest: Manifest): Promise<void> {
    this.#manifests.set(manifest.descriptor.digest, manifest);
    return Promise.resolve();
  }

  async commit(root: Descriptor): Promise<void> {
    const manifest = this.#manifests.get(root.digest);
    if (manifest === undefined) throw new Error("a manifest must be written before it is published");
    for (const [digest, child] of this.#manifests) {
      if (digest === root.digest) continue;
      const name = `${encodedOf(child.descriptor.digest)}.manifest.json`;
      await this.#folder.write(name, Readable.from([child.bytes]));
      this.#written.add(name);
    }
    this.#folder.writeBytes("version", VERSION);
    this.#folder.writeBytes("manifest.json", manifest.bytes);
    this.#isCommitted = true;
    for (const name of readNames(this.#path)) {
      const isOld = CONTENT.test(name) || /^signature-\d+$/.test(name);
      if (isOld && !this.#written.has(name)) rmSync(join(this.#path, name), { force: true });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    if (!this.#isCommitted && !this.#wasThere && !this.#isOfOthers())
      rmSync(this.#path, { recursive: true, force: true });
    return Promise.resolve();
  }

  /** Whether others write there by now, or have written an image. */
  #isOfOthers(): boolean {
    return readNames(this.#path).some((name) => name === "manifest.json" || isStaging(name));
  }
}
