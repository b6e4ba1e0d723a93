import { readAll, TooLargeError } from "@wherry/core/io";
import {
  algorithmOf,
  childrenOf,
  digestOf,
  InvalidDocumentError,
  isDigest,
  isForeignLayer,
  MANIFEST_SIZE_LIMIT,
  MEDIA_TYPE,
  parseManifest,
  type Manifest,
} from "@wherry/core/oci";
import { pageOf, send, sendJson, type Call } from "./answer.ts";
import { digestOfPath } from "./blob-routes.ts";
import type { LayoutRepository } from "./layout-repository.ts";
import { digestInvalid, manifestUnknown, Refusal, unsupported } from "./refusal.ts";

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Their annotations count: a page stays below what clients read. */
const REFERRERS_A_PAGE = 500;

/** GET, HEAD, PUT and DELETE of a manifest (end-3, end-7, end-9). */
export async function serveManifest(call: Call, name: string, reference: string): Promise<void> {
  const { request, repositories, mayDelete } = call;
  if (!isDigest(reference) && !TAG.test(reference))
    throw new Refusal(400, "TAG_INVALID", "invalid tag or digest");
  if (request.method === "PUT") return putManifest(call, name, reference);
  const repository = repositories.get(name);
  const manifest = repository.manifest(reference);
  if (manifest === undefined) throw manifestUnknown();
  if (request.method === "DELETE") {
    if (!mayDelete) throw unsupported();
    repository.deleteManifest(reference);
    send(call, 202);
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported();
  const { mediaType, digest } = manifest.descriptor;
  const headers = { "content-type": mediaType, "docker-content-digest": digest, etag: `"${digest}"` };
  send(call, 200, headers, manifest.bytes);
}

/** The tags of a repository, page by page (end-8). */
export function serveTags(call: Call, name: string): void {
  const tags = call.repositories.get(name).tags();
  const { page, headers } = pageOf(call.url, tags, badNumber);
  sendJson(call, { name, tags: page }, headers);
}

/** The repositories, page by page, as docker's registry lists them. */
export function serveCatalog(call: Call): void {
  const { page, headers } = pageOf(call.url, call.repositories.names(), badNumber);
  sendJson(call, { repositories: page }, headers);
}

/** What refers to a manifest (end-12). */
export function serveReferrers(call: Call, name: string, text: string): void {
  const digest = digestOfPath(text);
  const wanted = call.url.searchParams.get("artifactType");
  const repository = call.repositories.at(name);
  const all = repository.exists ? repository.referrers(digest) : [];
  const listed = new Map(
    all
      .filter(({ artifactType }) => wanted === null || artifactType === wanted)
      .map((entry) => [entry.digest as string, entry]),
  );
  const { page, headers: link } = pageOf(call.url, [...listed.keys()].sort(), badNumber, REFERRERS_A_PAGE);
  const manifests = page.map((one) => listed.get(one));
  const headers = {
    "content-type": MEDIA_TYPE.ociIndex,
    ...(wanted === null ? {} : { "oci-filters-applied": "artifactType" }),
    ...link,
  };
  sendJson(call, { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }, headers);
}

async function putManifest(call: Call, name: string, reference: string): Promise<void> {
  const { request, repositories } = call;
  const bytes = await readBody(request);
  const mediaType = request.headers["content-type"];
  const algorithm = isDigest(reference) ? algorithmOf(reference) : "sha256";
  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes, mediaType, algorithm);
  } catch (error) {
    if (error instanceof InvalidDocumentError) throw new Refusal(400, "MANIFEST_INVALID", error.message);
    throw error;
  }
  if (isDigest(reference) && digestOf(bytes, algorithm) !== reference)
    throw digestInvalid("provided digest did not match uploaded content");
  const repository = repositories.at(name);
  checkComplete(repository, manifest);
  repository.putManifest(manifest, isDigest(reference) ? undefined : reference);
  const { digest } = manifest.descriptor;
  const { subject } = manifest.content;
  send(call, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject === undefined ? {} : { "oci-subject": subject.digest }),
  });
}

/** Blobs must be there. The images of an index need not: one that is published with some of its platforms is allowed. */
function checkComplete(repository: LayoutRepository, manifest: Manifest): void {
  const missing = childrenOf(manifest).blobs.find(
    ({ digest, mediaType }) => !isForeignLayer(mediaType) && repository.blobSize(digest) === undefined,
  );
  if (missing !== undefined)
    throw new Refusal(404, "MANIFEST_BLOB_UNKNOWN", `blob unknown to registry: ${missing.digest}`);
}

async function readBody(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  try {
    return await readAll(content, MANIFEST_SIZE_LIMIT, "manifest");
  } catch (error) {
    if (error instanceof TooLargeError)
      throw new Refusal(413, "SIZE_INVALID", `manifests may have ${MANIFEST_SIZE_LIMIT} bytes`);
    throw error;
  }
}

function badNumber(): Refusal {
  return new Refusal(400, "PAGINATION_NUMBER_INVALID", "n is no number of names");
}
