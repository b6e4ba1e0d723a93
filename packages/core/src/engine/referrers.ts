import type { Descriptor, Digest } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { RegistryClient } from "../registry/index.ts";
import { Connection, type ImageHost } from "./connection.ts";
import { ManifestUnknownError } from "../registry/index.ts";
import { clientOf } from "./registry-verbs.ts";
import type { RegistryOptions } from "./registries.ts";

/** Something that refers to an image, and what refers to that in turn. */
export interface ReferrerNode {
  readonly descriptor: Descriptor;
  readonly referrers: readonly ReferrerNode[];
}

export interface ReferrerOptions {
  readonly registry?: RegistryOptions;
  /** Only those of this type, at the first level. */
  readonly artifactType?: string;
  /** Levels to look down; default 8. */
  readonly depth?: number;
}

/** What refers to an image in a registry: signatures, attestations, bills of materials. */
export async function referrersOf(
  engine: ImageHost,
  image: Reference,
  { registry, artifactType, depth = 8 }: ReferrerOptions = {},
): Promise<{ readonly digest: Digest; readonly referrers: readonly ReferrerNode[] }> {
  await using connection = new Connection(engine, registry);
  const { client, repository } = await clientOf(connection, image);
  const reference = image.digest ?? image.tag ?? "latest";
  const found = await client.headManifest(repository, reference);
  if (found === undefined) throw new ManifestUnknownError(`${client.host}/${repository}:${reference}`);
  const seen = new Set<Digest>([found.digest]);
  return {
    digest: found.digest,
    referrers: await look(client, repository, found.digest, depth, seen, artifactType),
  };
}

async function look(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  depth: number,
  seen: Set<Digest>,
  artifactType?: string,
): Promise<ReferrerNode[]> {
  const found: Descriptor[] = [];
  if (depth <= 0) return [];
  for await (const descriptor of client.listReferrers(repository, digest, artifactType)) {
    if (seen.has(descriptor.digest)) continue; // two that refer to each other, which no honest digest allows
    seen.add(descriptor.digest);
    found.push(descriptor);
  }
  const nodes: ReferrerNode[] = [];
  for (const descriptor of found)
    nodes.push({ descriptor, referrers: await look(client, repository, descriptor.digest, depth - 1, seen) });
  return nodes;
}
