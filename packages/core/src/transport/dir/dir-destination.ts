import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { encodedOf, type Descriptor, type Digest, type Manifest } from "../../oci/index.ts";
import { FolderTakenError, RefusingToOverwriteError } from "../errors.ts";
import { lockName, withFileLock } from "../file-lock.ts";
import type { ImageDestination } from "../image-destination.ts";
import { readNames } from "../read-names.ts";
import type { SignatureKeeper } from "../signatures.ts";
import { StagedFolder } from "../staged-folder.ts";
import { isStaging } from "../staging.ts";
import { SIGNATURE, signatureName } from "./signature-name.ts";

/** Names of blobs and of manifests but the root. */
const CONTENT = /^[a-f0-9]{64,128}(?:\.manifest\.json)?$/;
const VERSION = "Directory Transport Version: 1.1\n";
const MANIFEST = "manifest.json";

/**
 * A folder as skopeo writes it. An image that is there stays whole until the new one is, and then goes. Of several who write there
 * at a time, the last leaves its own image whole: it puts back what the others have taken for old.
 */
export class DirDestination implements ImageDestination, SignatureKeeper {
  readonly #path: string;
  readonly #folder: StagedFolder;
  readonly #blobs = new Set<string>();
  readonly #manifests = new Map<string, Manifest>();
  readonly #signatures = new Map<Digest, readonly Buffer[]>();
  readonly #wasThere: boolean;
  #isCommitted = false;

  constructor(path: string) {
    const names = readNames(path);
    const isOurs = (name: string) => CONTENT.test(name) || isStaging(name) || name === lockName(MANIFEST);
    if (!names.includes("version") && !names.every(isOurs))
      throw new RefusingToOverwriteError(path, "containers image directory");
    this.#path = path;
    this.#wasThere = existsSync(path);
    this.#folder = new StagedFolder(path, false);
  }

  hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const name = encodedOf(digest);
    const isThere = this.#folder.sizeOf(name) === size && this.#folder.keep(name);
    if (isThere) this.#blobs.add(name);
    return Promise.resolve(isThere);
  }

  async writeBlob({ digest }: Descriptor, content: Readable): Promise<void> {
    await this.#folder.writeKept(encodedOf(digest), content);
    this.#blobs.add(encodedOf(digest));
  }

  writeManifest(manifest: Manifest): Promise<void> {
    this.#manifests.set(manifest.descriptor.digest, manifest);
    return Promise.resolve();
  }

  checkSignatures(): Promise<void> {
    return Promise.resolve();
  }

  /** None: what is there goes when the new image is. */
  keptSignatures(): Promise<readonly Buffer[]> {
    return Promise.resolve([]);
  }

  /** They are written by `commit`, which knows what the root is. */
  writeSignatures(digest: Digest, signatures: readonly Buffer[]): Promise<void> {
    this.#signatures.set(digest, signatures);
    return Promise.resolve();
  }

  commit(root: Descriptor): Promise<void> {
    const manifest = this.#manifests.get(root.digest);
    if (manifest === undefined) throw new Error("a manifest must be written before it is published");
    this.#folder.writeBytes("version", VERSION); // the folder is there now
    withFileLock(this.#path, MANIFEST, () => this.#publish(manifest));
    return Promise.resolve();
  }

  #publish(root: Manifest): void {
    for (const name of this.#blobs) {
      if (this.#folder.sizeOf(name) === undefined) this.#restore(name);
    }
    const current = new Set(this.#blobs);
    for (const { descriptor, bytes } of this.#manifests.values()) {
      if (descriptor.digest === root.descriptor.digest) continue;
      const name = `${encodedOf(descriptor.digest)}.manifest.json`;
      this.#folder.writeBytes(name, bytes);
      current.add(name);
    }
    for (const [digest, signatures] of this.#signatures) {
      const signed = digest === root.descriptor.digest ? undefined : digest;
      for (const [index, signature] of signatures.entries()) {
        const name = signatureName(index + 1, signed);
        this.#folder.writeBytes(name, signature);
        current.add(name);
      }
    }
    this.#folder.writeBytes(MANIFEST, root.bytes);
    this.#isCommitted = true;
    for (const name of readNames(this.#path)) {
      const isOld = CONTENT.test(name) || SIGNATURE.test(name);
      if (isOld && !current.has(name)) rmSync(join(this.#path, name), { force: true });
    }
  }

  #restore(name: string): void {
    try {
      this.#folder.restore(name);
    } catch (error) {
      throw new FolderTakenError(this.#path, error);
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
    return readNames(this.#path).some((name) => name === MANIFEST || isStaging(name));
  }
}
