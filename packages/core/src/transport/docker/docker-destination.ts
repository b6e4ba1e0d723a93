import type { Readable } from "node:stream";
import { endpointsFor } from "../../config/index.ts";
import { DigestMismatchError } from "../../io/index.ts";
import type { Descriptor, Digest, Manifest } from "../../oci/index.ts";
import { formatReference, type Reference } from "../../reference/index.ts";
import type { RegistryClient } from "../../registry/index.ts";
import type { RegistryProvider, TransportContext } from "../context.ts";
import { BlockedRegistryError } from "../errors.ts";
import type { Acceptance, BlobMounter, ImageDestination, KnowsImage } from "../image-destination.ts";
import type { RegistryOrigin } from "../image-source.ts";
import type { SignatureKeeper } from "../signatures.ts";
import type { Lookaside } from "./lookaside.ts";

/** Where the image goes. */
interface Target {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly location: string;
}

/** A repository of a registry (distribution-spec "Push"). */
export class DockerDestination implements ImageDestination, BlobMounter, KnowsImage, SignatureKeeper {
  readonly accepts: Acceptance = { layers: ["gzip", "zstd"], indexes: true };
  readonly #reference: Reference;
  readonly #registries: () => Promise<RegistryProvider>;
  readonly #lookasides: TransportContext["lookasides"];
  readonly #moreTags: readonly string[];
  #target: Promise<Target> | undefined;
  /** The last manifest is kept back: if it is the root, its upload under the tag is the only one it needs. */
  #held: Manifest | undefined;

  /** @param moreTags tags besides the one of the reference */
  constructor(
    reference: Reference,
    { registries, lookasides }: Pick<TransportContext, "registries" | "lookasides">,
    moreTags: readonly string[] = [],
  ) {
    this.#reference = reference;
    this.#registries = registries;
    this.#lookasides = lookasides;
    this.#moreTags = moreTags;
  }

  async publishes(root: Descriptor): Promise<boolean> {
    const { client, repository } = await this.#opened();
    const { tag, digest } = this.#reference;
    for (const name of [tag ?? digest ?? "latest", ...this.#moreTags])
      if ((await client.headManifest(repository, name))?.digest !== root.digest) return false;
    return true;
  }

  async hasManifest({ digest }: Descriptor): Promise<boolean> {
    const { client, repository } = await this.#opened();
    return (await client.headManifest(repository, digest)) !== undefined;
  }

  async hasBlob(blob: Descriptor): Promise<boolean> {
    const { client, repository } = await this.#opened();
    return client.hasBlob(repository, blob.digest);
  }

  async mountBlob(blob: Descriptor, from: RegistryOrigin): Promise<boolean> {
    const { client, repository, location } = await this.#opened();
    if (from.registry !== location || from.repository === repository) return false;
    return client.mountBlob(repository, blob.digest, from.repository);
  }

  async writeBlob(blob: Descriptor, content: Readable): Promise<void> {
    const { client, repository } = await this.#opened();
    await client.putBlob(repository, blob, content);
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    await this.#putHeld();
    this.#held = manifest;
  }

  async commit(root: Descriptor): Promise<void> {
    const { client, repository } = await this.#opened();
    const { tag, digest } = this.#reference;
    if (digest !== undefined && digest !== root.digest) throw new DigestMismatchError(digest, root.digest);
    const tags = [...(tag === undefined ? [] : [tag]), ...this.#moreTags];
    const isUntagged = tags.length === 0 || (tag === undefined && digest !== undefined);
    let manifest = this.#held?.descriptor.digest === root.digest ? this.#held : undefined;
    if (manifest === undefined || isUntagged) await this.#putHeld();
    if (tags.length === 0) return;
    manifest ??= await client.getManifest(repository, root.digest, root);
    for (const name of tags) await client.putManifest(repository, name, manifest);
    this.#held = undefined;
  }

  async checkSignatures(): Promise<void> {
    (await this.#lookaside()).checkWritable();
  }

  async keptSignatures(digest: Digest): Promise<Buffer[]> {
    return (await this.#lookaside()).read(digest);
  }

  async writeSignatures(digest: Digest, signatures: readonly Buffer[]): Promise<void> {
    (await this.#lookaside()).write(digest, signatures);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #lookaside(): Promise<Lookaside> {
    const { Lookaside } = await import("./lookaside.ts");
    const lookasides = await this.#lookasides?.();
    if (lookasides === undefined) throw new Error("registries.d was not read");
    return new Lookaside(lookasides, this.#reference, "write");
  }

  async #putHeld(): Promise<void> {
    if (this.#held === undefined) return;
    const { client, repository } = await this.#opened();
    await client.putManifest(repository, this.#held.descriptor.digest, this.#held);
    this.#held = undefined;
  }

  #opened(): Promise<Target> {
    this.#target ??= this.#registries().then((registries) => {
      const { blocked, primary } = endpointsFor(registries.conf, this.#reference);
      if (blocked) throw new BlockedRegistryError(this.#reference.registry, formatReference(this.#reference));
      return {
        client: registries.clientFor(primary),
        repository: primary.repository,
        location: primary.location,
      };
    });
    return this.#target;
  }
}
