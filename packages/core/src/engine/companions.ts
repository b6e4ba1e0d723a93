import { childrenOf, type Digest } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { Connection } from "./connection.ts";
import { clientOf } from "./registry-verbs.ts";

/** What goes with an image besides what it refers to itself. */
export interface CompanionWishes {
  /** What has the image, or one of its index, as subject, and so on; `true` for all, else only this artifact type. */
  readonly referrers?: true | string;
  /** The tags that cosign gives: `sha256-HEX.sig` and the like. */
  readonly digestTags?: boolean;
  /** Leave signatures out. */
  readonly withoutSignatures?: boolean;
}

/** Manifests looked at below one image: far beyond any real one. */
const MOST = 10_000;

/** What goes with an image of a registry: references in its repository, each by tag or digest. */
export async function companionsOf(
  connection: Connection,
  image: Reference,
  { referrers, digestTags = false, withoutSignatures = false }: CompanionWishes,
): Promise<Reference[]> {
  const { client, repository } = await clientOf(connection, image);
  const place = { registry: image.registry, repository: image.repository };
  const root = await client.getManifest(repository, image.digest ?? image.tag ?? "latest");
  const own = [root.descriptor.digest, ...childrenOf(root).manifests.map(({ digest }) => digest)];
  const known = new Set<Digest>(own);
  const found: Reference[] = [];
  const isWanted = (type: string | undefined): boolean =>
    (typeof referrers !== "string" || type === referrers) && !(withoutSignatures && isSignature(type ?? ""));
  const waiting = referrers === undefined ? [] : [...own];
  for (let digest = waiting.shift(); digest !== undefined && known.size < MOST; digest = waiting.shift()) {
    const isFirst = own.includes(digest);
    for await (const { digest: referrer, artifactType } of client.listReferrers(repository, digest)) {
      if (known.has(referrer) || (isFirst && !isWanted(artifactType))) continue;
      known.add(referrer);
      waiting.push(referrer);
      found.push({ ...place, digest: referrer });
    }
  }
  if (!digestTags) return found;
  const named = new Set([...known].map((digest) => digest.replace(":", "-")));
  for await (const tag of client.listTags(repository)) {
    const [, about, kind] = /^(sha(?:256|512)-[a-f0-9]+)\.(\w+)$/.exec(tag) ?? [];
    if (about === undefined || !named.has(about) || (withoutSignatures && kind === "sig")) continue;
    found.push({ ...place, tag });
  }
  return found;
}

/** Whether an artifact type is one of cosign's or notation's signatures. */
function isSignature(type: string): boolean {
  return /signature|cosign.*\.sig|sigstore\.bundle/.test(type);
}
