import {
  createManifest,
  MANIFEST_SIZE_LIMIT,
  MEDIA_TYPE,
  parseManifest,
  type Descriptor,
  type Digest,
  type ImageIndex,
  type Manifest,
} from "../oci/index.ts";
import { giveUp, readBody, type Answer } from "./connections.ts";
import { ManifestUnknownError, RegistryError, RegistryProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { nextPageUrl } from "./listings.ts";
import { getTagged } from "./manifests.ts";
import { repositoryPath } from "./names.ts";
import { repositoryScope } from "./scope.ts";

/** Pages of one list of referrers: far beyond any real one. */
const MAXIMUM_PAGES = 1000;
/** Statuses by which registries say that they have no such API. */
const NO_API: ReadonlySet<number> = new Set([400, 404, 405, 501]);

/**
 * What refers to a manifest by its `subject` (distribution-spec "Listing Referrers"): asked of the API page by page, else read
 * from the fallback tag.
 *
 * @param artifactType only those of this type; filtered here where the registry has not
 */
export async function* listReferrers(
  exchange: Exchange,
  repository: string,
  digest: Digest,
  artifactType?: string,
): AsyncGenerator<Descriptor> {
  const registry = await exchange.registry();
  const permission = { repository, scopes: [repositoryScope(repository, ["pull"])] };
  const what = `referrers of ${digest} in ${exchange.host}/${repository}`;
  const query = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
  const seen = new Set<string>();
  const told = new Set<Digest>();
  let url: URL | undefined = new URL(`${repositoryPath(repository)}/referrers/${digest}${query}`, registry);
  while (url !== undefined && !seen.has(url.href)) {
    seen.add(url.href);
    if (seen.size > MAXIMUM_PAGES)
      throw new RegistryProtocolError(exchange.host, `lists ${what} without end`);
    const collect = { limit: MANIFEST_SIZE_LIMIT, what: `list of ${what}` };
    const headers = { accept: MEDIA_TYPE.ociIndex };
    const answer: Answer = await exchange.request({
      method: "GET",
      target: url,
      headers,
      permission,
      collect,
    });
    if (seen.size === 1 && NO_API.has(answer.status)) {
      giveUp(answer);
      const { index } = await readFallback(exchange, repository, digest);
      for (const descriptor of index.manifests) if (fits(descriptor, artifactType)) yield descriptor;
      return;
    }
    if (answer.status !== 200) throw await exchange.failure(answer, `list the ${what}`, permission);
    for (const descriptor of await readPage(exchange, answer, what)) {
      if (told.has(descriptor.digest) || !fits(descriptor, artifactType)) continue;
      told.add(descriptor.digest);
      yield descriptor;
    }
    url = nextPageUrl(answer, registry);
  }
}

/** The tag that stands in for the referrers API: algorithm and digest, shortened as distribution-spec says. */
export function fallbackTag(digest: Digest): string {
  const colon = digest.indexOf(":");
  return `${digest.slice(0, Math.min(colon, 32))}-${digest.slice(colon + 1, colon + 65)}`;
}

/** Changes of the fallback tags of this process, one after the other: each reads what the one before wrote. */
const changes = new Map<string, Promise<void>>();

/** Further tries of a change that another writer has undone, or come before. */
const ATTEMPTS = 5;

/**
 * Enters a manifest that has a subject in the fallback tag, or takes it out: for registries without the referrers API.
 * Other writers do the same: what is written names what was read where the registry knows entity tags, and is read again.
 *
 * @param put writes the index under the tag, if what is there still has the entity tag
 * @throws {RegistryProtocolError} when the change does not stay
 */
export function updateFallback(
  exchange: Exchange,
  repository: string,
  { subject, entry, isGone }: { subject: Digest; entry: Descriptor; isGone: boolean },
  put: (tag: string, index: Manifest, ifMatch: string | undefined) => Promise<void>,
): Promise<void> {
  const key = `${exchange.host}/${repository}@${subject}`;
  const before = changes.get(key) ?? Promise.resolve();
  const change = before
    .catch(() => undefined)
    .then(async () => {
      for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
        if (attempt > 1) await exchange.pacing.backOff(attempt - 1);
        const { index, etag } = await readFallback(exchange, repository, subject);
        const isIn = index.manifests.some(({ digest }) => digest === entry.digest);
        if (isIn !== isGone) return;
        const others = index.manifests.filter(({ digest }) => digest !== entry.digest);
        const manifests = isGone ? others : [...others, entry];
        try {
          await put(fallbackTag(subject), createManifest({ ...index, manifests }), etag);
        } catch (error) {
          if (!(error instanceof RegistryError) || error.status !== 412) throw error;
        }
      }
      throw new RegistryProtocolError(
        exchange.host,
        `does not keep the list of referrers under ${repository}:${fallbackTag(subject)}`,
      );
    });
  changes.set(key, change);
  return change.finally(() => {
    if (changes.get(key) === change) changes.delete(key);
  });
}

async function readFallback(
  exchange: Exchange,
  repository: string,
  digest: Digest,
): Promise<{ readonly index: ImageIndex; readonly etag: string | undefined }> {
  const empty: ImageIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
  try {
    const { manifest, etag } = await getTagged(exchange, repository, fallbackTag(digest));
    return { index: manifest.kind === "index" ? manifest.content : empty, etag };
  } catch (error) {
    if (!(error instanceof ManifestUnknownError)) throw error;
    return { index: empty, etag: undefined };
  }
}

async function readPage(exchange: Exchange, answer: Answer, what: string): Promise<readonly Descriptor[]> {
  const bytes = await readBody(answer, MANIFEST_SIZE_LIMIT, what);
  const index = parseManifest(bytes, answer.headers["content-type"] ?? MEDIA_TYPE.ociIndex);
  if (index.kind === "index") return index.content.manifests;
  throw new RegistryProtocolError(exchange.host, `gave no index as the list of ${what}`);
}

function fits({ artifactType }: Descriptor, wanted: string | undefined): boolean {
  return wanted === undefined || artifactType === wanted;
}
