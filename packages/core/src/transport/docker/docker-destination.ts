import type { Readable } from "node:stream";
import { endpointsFor } from "../../config/index.ts";
import { DigestMismatchError } from "../../io/index.ts";
import type { Descriptor, Manifest } from "../../oci/index.ts";
import { formatReference, type Reference } from "../../reference/index.ts";
import type { RegistryClient } from "../../registry/index.ts";
import type { TransportContext } from "../context.ts";
import { BlockedRegistryError } from "../errors.ts";
import type { Acceptance, BlobMounter, ImageDestination, KnowsImage } from "../image-destination.ts";
import type { RegistryOrigin } from "../image-source.ts";

/** A repository of a registry (distribution-spec "Push"). */
export class DockerDestination implements ImageDestination, BlobMounter, KnowsImage {
  readonly accepts: Acceptance = { layers: ["gzip", "zstd"], indexes: true };
  readonly #reference: Reference;
  readonly #client: RegistryClient;
  readonly #location: string;
  readonly #repository: string;
  /** The last manifest is kept back: if it is the root, its upload under the tag is the only one it needs. */
  #held: Manifest | undefined;

  constructor(reference: Reference, { registriesConf, clientFor }: TransportContext) {
    const { blocked, primary } = endpointsFor(registriesConf(), reference);
    if (blocked) throw new BlockedRegistryError(reference.registry, formatReference(reference));
    this.#reference = reference;
    this.#client = clientFor(primary);
    this.#location = primary.location;
    this.#repository = primary.repository;
  }

  async publishes(root: Descriptor): Promise<boolean> {
    const { tag, digest } = this.#reference;
    const current = await this.#client.headManifest(this.#repository, tag ?? digest ?? "latest");
    return current?.digest === root.digest;
  }

  hasBlob(blob: Descriptor): Promise<boolean> {
    return this.#client.hasBlob(this.#repository, blob.digest);
  }

  async mountBlob(blob: Descriptor, from: RegistryOrigin): Promise<boolean> {
    if (from.registry !== this.#location || from.repository === this.#repository) return false;
    return this.#client.mountBlob(this.#repository, blob.digest, from.repository);
  }

  async writeBlob(blob: Descriptor, content: Readable): Promise<void> {
    await this.#client.putBlob(this.#repository, blob, content);
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    await this.#putHeld();
    this.#held = manifest;
  }

  async commit(root: Descriptor): Promise<void> {
    const { tag, digest } = this.#reference;
    if (digest !== undefined && digest !== root.digest) throw new DigestMismatchError(digest, root.digest);
    if (this.#held?.descriptor.digest !== root.digest || tag === undefined) await this.#putHeld();
    if (tag === undefined) return;
    const manifest = this.#held ?? (await this.#client.getManifest(this.#repository, root.digest, root));
    await this.#client.putManifest(this.#repository, tag, manifest);
    this.#held = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #putHeld(): Promise<void> {
    if (this.#held === undefined) return;
    await this.#client.putManifest(this.#repository, this.#held.descriptor.digest, this.#held);
    this.#held = undefined;
  }
}
