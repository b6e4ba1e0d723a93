import type { Digest, Manifest } from "../oci/index.ts";
import { ManifestUnknownError, RegistryError, type RegistryClient } from "../registry/index.ts";
import { OtherTagsError } from "./errors.ts";

/** A repository of a registry that something is deleted from. */
export interface Repository {
  readonly client: RegistryClient;
  /** Its name in the registry. */
  readonly path: string;
  /** The image's name, for messages. */
  readonly name: string;
}

interface Part {
  readonly digest: Digest;
  readonly kind: "image" | "referrer";
}

/** Tags looked through for others of the same manifest. */
const TAG_LIMIT = 2000;
const HEADS_AT_A_TIME = 8;
const DEPTH_LIMIT = 8;

/** The other tags that name a manifest. @throws {OtherTagsError} when there are too many tags to look through */
export async function otherTagsOf(
  { client, path, name }: Repository,
  digest: Digest,
  tag: string | undefined,
): Promise<string[]> {
  const tags: string[] = [];
  for await (const other of client.listTags(path)) {
    if (tags.length >= TAG_LIMIT) throw new OtherTagsError(name, ["(too many tags to look through)"]);
    tags.push(other);
  }
  const others: string[] = [];
  for (let start = 0; start < tags.length; start += HEADS_AT_A_TIME) {
    const asked = tags.slice(start, start + HEADS_AT_A_TIME).filter((other) => other !== tag);
    const found = await Promise.all(asked.map((other) => client.headManifest(path, other)));
    others.push(...asked.filter((_, index) => found[index]?.digest === digest));
  }
  return others;
}

/**
 * What goes with a manifest: what refers to it and to its images, the last first, then the images of an index that no other tag
 * leads to.
 *
 * @param going tags that go with the manifest
 */
export async function partsToDelete(
  repository: Repository,
  root: Manifest,
  going: readonly string[],
): Promise<{ parts: Part[]; kept: Digest[] }> {
  const children = await childrenOf(repository, root);
  const needed = children.length === 0 ? new Set<Digest>() : await neededByOthers(repository, new Set(going));
  const gone = children.filter((digest) => !needed.has(digest));
  const referrers: Digest[] = [];
  for (const digest of [root.descriptor.digest, ...gone])
    await collectReferrers(repository, digest, referrers, 0);
  return {
    parts: [
      ...referrers.reverse().map((digest): Part => ({ digest, kind: "referrer" })),
      ...gone.map((digest): Part => ({ digest, kind: "image" })),
    ],
    kept: children.filter((digest) => needed.has(digest)),
  };
}

/** Deletes a manifest, and takes it out of the list of its subject's referrers. One that is gone already is no failure. */
export async function removeManifest({ client, path }: Repository, digest: Digest): Promise<void> {
  let manifest: Manifest | undefined;
  try {
    manifest = await client.getManifest(path, digest);
  } catch (error) {
    if (!(error instanceof ManifestUnknownError)) throw error;
  }
  await client.deleteManifest(path, digest);
  if (manifest !== undefined) await client.forgetReferrer(path, manifest);
}

async function childrenOf(repository: Repository, manifest: Manifest, depth = 0): Promise<Digest[]> {
  if (manifest.kind !== "index" || depth === DEPTH_LIMIT) return [];
  const found: Digest[] = [];
  for (const { digest } of manifest.content.manifests) {
    const child = await readOrNothing(repository, digest);
    if (child === undefined) continue; // an index may name what was never pushed
    found.push(digest, ...(await childrenOf(repository, child, depth + 1)));
  }
  return [...new Set(found)];
}

/** All manifests that the tags which stay lead to. */
async function neededByOthers(repository: Repository, going: ReadonlySet<string>): Promise<Set<Digest>> {
  const { client, path, name } = repository;
  const needed = new Set<Digest>();
  let seen = 0;
  for await (const tag of client.listTags(path)) {
    if (++seen > TAG_LIMIT) throw new OtherTagsError(name, ["(too many tags to look through)"]);
    if (going.has(tag)) continue;
    const manifest = await readOrNothing(repository, tag);
    if (manifest === undefined) continue;
    needed.add(manifest.descriptor.digest);
    for (const digest of await childrenOf(repository, manifest)) needed.add(digest);
  }
  return needed;
}

async function collectReferrers(
  repository: Repository,
  digest: Digest,
  found: Digest[],
  depth: number,
): Promise<void> {
  if (depth === DEPTH_LIMIT) return;
  for await (const referrer of repository.client.listReferrers(repository.path, digest)) {
    if (found.includes(referrer.digest)) continue;
    found.push(referrer.digest);
    await collectReferrers(repository, referrer.digest, found, depth + 1);
  }
}

async function readOrNothing({ client, path }: Repository, reference: string): Promise<Manifest | undefined> {
  try {
    return await client.getManifest(path, reference);
  } catch (error) {
    if (error instanceof ManifestUnknownError || (error instanceof RegistryError && error.status === 404))
      return undefined;
    throw error;
  }
}
