import type { Readable } from "node:stream";
import { endpointsFor, type RegistryEndpoint } from "../../config/index.ts";
import { WherryError } from "../../error/index.ts";
import { selfVerifying } from "../../io/index.ts";
import { isForeignLayer, type Descriptor, type Digest, type Manifest } from "../../oci/index.ts";
import { formatReference, type Reference } from "../../reference/index.ts";
import { BlobUnknownError, type RegistryClient } from "../../registry/index.ts";
import type { RegistryProvider, TransportContext } from "../context.ts";
import { BlockedRegistryError } from "../errors.ts";
import type { FromRegistry, ImageSource, RegistryOrigin } from "../image-source.ts";
import type { SignedSource } from "../signatures.ts";
import type { Lookaside } from "./lookaside.ts";

/** An image in a registry (distribution-spec "Pull"), read from its mirrors where configuration has some, then from itself. */
export class DockerSource implements ImageSource, FromRegistry, SignedSource {
  readonly #reference: Reference;
  readonly #registries: () => Promise<RegistryProvider>;
  readonly #lookasides: TransportContext["lookasides"];
  readonly #foreignLayers: boolean;
  /** Read once: a policy asks for them, and a copy takes them along. */
  readonly #signatures = new Map<Digest, Promise<Buffer[]>>();
  /** The place that had the image comes first; what it turns out to lack is asked of the others. */
  #endpoints: readonly RegistryEndpoint[] = [];

  /** @param foreignLayers fetch layers from elsewhere that the registry does not have */
  constructor(
    reference: Reference,
    { registries, lookasides }: Pick<TransportContext, "registries" | "lookasides">,
    foreignLayers = false,
  ) {
    this.#reference = reference;
    this.#registries = registries;
    this.#lookasides = lookasides;
    this.#foreignLayers = foreignLayers;
  }

  get origin(): RegistryOrigin {
    const [first] = this.#endpoints;
    return first === undefined ? this.#reference : { registry: first.location, repository: first.repository };
  }

  readManifest(digest?: Digest): Promise<Manifest> {
    const { tag = "latest", digest: pinned } = this.#reference;
    const wanted = digest ?? pinned ?? tag;
    return this.#ask((client, repository) => client.getManifest(repository, wanted));
  }

  readBlob(blob: Descriptor): Promise<Readable> {
    return this.#ask(async (client, repository) =>
      selfVerifying(await this.#openBlob(client, repository, blob), blob),
    );
  }

  async mayBeSigned(): Promise<boolean> {
    return (await this.#findLookasides()).some((lookaside) => lookaside.mayHaveAny());
  }

  readSignatures(digest: Digest): Promise<Buffer[]> {
    const asked = this.#signatures.get(digest) ?? this.#readSignatures(digest);
    this.#signatures.set(digest, asked);
    return asked;
  }

  /** Those of the place that this was read from: a mirror has its own. */
  async #readSignatures(digest: Digest): Promise<Buffer[]> {
    const [first] = await this.#findLookasides();
    return (await first?.read(digest)) ?? [];
  }

  /** Where signatures may be, for each place that the image may be read from. */
  async #findLookasides(): Promise<Lookaside[]> {
    const lookasides = await this.#lookasides?.();
    if (lookasides === undefined) return [];
    const { Lookaside } = await import("./lookaside.ts");
    const registries = await this.#registries();
    if (this.#endpoints.length === 0) this.#endpoints = this.#findEndpoints(registries);
    return this.#endpoints.map((endpoint) => {
      const place = { ...this.#reference, registry: endpoint.location, repository: endpoint.repository };
      const client = registries.clientFor(endpoint);
      return new Lookaside(lookasides, place, "read", (url, limit) => client.getSideFile(url, limit));
    });
  }

  async #openBlob(client: RegistryClient, repository: string, blob: Descriptor): Promise<Readable> {
    try {
      return await client.getBlob(repository, blob);
    } catch (error) {
      const isElsewhere = this.#foreignLayers && isForeignLayer(blob.mediaType) && blob.urls !== undefined;
      if (!isElsewhere || !(error instanceof BlobUnknownError)) throw error;
      return client.getForeignBlob(blob);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #ask<T>(question: (client: RegistryClient, repository: string) => Promise<T>): Promise<T> {
    const registries = await this.#registries();
    if (this.#endpoints.length === 0) this.#endpoints = this.#findEndpoints(registries);
    let failure: unknown;
    for (const endpoint of this.#endpoints) {
      try {
        const answer = await question(registries.clientFor(endpoint), endpoint.repository);
        this.#prefer(endpoint);
        return answer;
      } catch (error) {
        if (!(error instanceof WherryError)) throw error;
        // the registry itself comes last and has the last word; a mirror's failure is a detail
        failure = error;
      }
    }
    throw failure;
  }

  #findEndpoints({ conf }: RegistryProvider): readonly RegistryEndpoint[] {
    const { blocked, pull } = endpointsFor(conf, this.#reference);
    if (blocked) throw new BlockedRegistryError(this.#reference.registry, formatReference(this.#reference));
    return pull;
  }

  #prefer(endpoint: RegistryEndpoint): void {
    if (this.#endpoints[0] === endpoint) return;
    this.#endpoints = [endpoint, ...this.#endpoints.filter((other) => other !== endpoint)];
  }
}
