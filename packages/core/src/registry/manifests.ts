import { DigestMismatchError, verifyBytes } from "../io/index.ts";
import {
  algorithmOf,
  digestOf,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  MANIFEST_MEDIA_TYPES,
  MANIFEST_SIZE_LIMIT,
  parseManifest,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../oci/index.ts";
import { discard, readBody, type Answer } from "./connections.ts";
import { ManifestUnknownError, RegistryError, RegistryProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { readFailures } from "./failure.ts";
import { manifestPath } from "./names.ts";
import { repositoryScope, type Action } from "./scope.ts";

const ACCEPT = MANIFEST_MEDIA_TYPES.join(", ");

/**
 * The manifest's descriptor without its content; undefined when there is none. Docker Hub does not count this as a pull.
 *
 * @param onRateLimit told what the answer says of the pulls that are left; undefined when nothing
 */
export async function headManifest(
  exchange: Exchange,
  repository: string,
  reference: string,
  onRateLimit: (limit: RateLimit | undefined) => void = () => undefined,
): Promise<Descriptor | undefined> {
  const answer = await ask(exchange, "HEAD", repository, reference);
  onRateLimit(rateLimitIn(answer));
  await discard(answer);
  if (answer.status === 404) return undefined;
  const described = answer.status === 200 ? describe(answer, reference) : undefined;
  if (described !== undefined) return described;
  try {
    // the registry knows no HEAD, or says too little, or the reason of its refusal comes with GET only
    return (await getManifest(exchange, repository, reference)).descriptor;
  } catch (error) {
    if (error instanceof ManifestUnknownError) return undefined;
    throw error;
  }
}

/** What a registry says of the pulls it allows (as Docker Hub does it). */
export interface RateLimit {
  /** Pulls in a window; absent when it says nothing of it. */
  readonly limit?: number;
  readonly remaining?: number;
  /** Seconds the window is long. */
  readonly windowSeconds?: number;
  /** Who is counted: an address or an account. */
  readonly source?: string;
}

/**
 * The pulls left, out of the answer to a HEAD, which is not one; undefined when the registry says nothing.
 *
 * @throws {ManifestUnknownError}
 */
export async function rateLimit(
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<RateLimit | undefined> {
  const answer = await ask(exchange, "HEAD", repository, reference);
  const name = nameOf(exchange, repository, reference);
  if (answer.status === 404) throw new ManifestUnknownError(name);
  if (answer.status !== 200)
    throw await exchange.failure(answer, `ask for ${name}`, permission(repository, ["pull"]));
  await discard(answer);
  return rateLimitIn(answer);
}

/** What an answer says of the pulls that are left; undefined when nothing. */
function rateLimitIn(answer: Answer): RateLimit | undefined {
  const [limit, remaining] = ["ratelimit-limit", "ratelimit-remaining"].map(
    (header) => answer.headers[header],
  );
  const source = answer.headers["docker-ratelimit-source"];
  if (limit === undefined && remaining === undefined) return undefined;
  const windowSeconds = /;\s*w=(\d+)/.exec(limit ?? remaining ?? "")?.[1];
  return {
    ...countOf("limit", limit),
    ...countOf("remaining", remaining),
    ...(windowSeconds === undefined ? {} : { windowSeconds: Number(windowSeconds) }),
    ...(source === undefined ? {} : { source }),
  };
}

function countOf(name: "limit" | "remaining", header: string | undefined): RateLimit {
  const count = /^\s*(\d+)/.exec(header ?? "")?.[1];
  return count === undefined ? {} : { [name]: Number(count) };
}

/**
 * A manifest or index by tag or digest. What a digest names is checked against it.
 *
 * @throws {ManifestUnknownError | DigestMismatchError}
 */
export async function getManifest(
  exchange: Exchange,
  repository: string,
  reference: string,
  expected?: Descriptor,
): Promise<Manifest> {
  return (await getTagged(exchange, repository, reference, expected)).manifest;
}

/** As `getManifest`, with the entity tag by which the registry knows what is there now (RFC 9110 section 8.8.3). */
export async function getTagged(
  exchange: Exchange,
  repository: string,
  reference: string,
  expected?: Descriptor,
): Promise<{ readonly manifest: Manifest; readonly etag: string | undefined }> {
  const answer = await ask(exchange, "GET", repository, reference);
  const name = nameOf(exchange, repository, reference);
  if (answer.status === 404) {
    const [failure] = await readFailures(answer);
    throw new ManifestUnknownError(name, failure?.message);
  }
  if (answer.status !== 200) {
    throw await exchange.failure(answer, `read the manifest of ${name}`, permission(repository, ["pull"]));
  }
  const bytes = await readBody(answer, MANIFEST_SIZE_LIMIT, `manifest of ${name}`);
  const said = answer.headers["docker-content-digest"];
  for (const digest of [reference, expected?.digest, said]) if (isDigest(digest)) checkDigest(bytes, digest);
  if (expected !== undefined) verifyBytes(bytes, expected);
  const algorithm = isDigest(reference) ? algorithmOf(reference) : "sha256";
  const manifest = parseManifest(bytes, answer.headers["content-type"], algorithm);
  return { manifest, etag: answer.headers["etag"] };
}

/**
 * Writes a manifest under a tag, or under its own digest. Its blobs must be there. Returns whether the registry says that it
 * keeps the list of what refers to the manifest's subject (`OCI-Subject`).
 *
 * @param ifMatch write only if what is there still has this entity tag; else the registry answers 412
 */
export async function putManifest(
  exchange: Exchange,
  repository: string,
  reference: string,
  manifest: Manifest,
  ifMatch?: string,
): Promise<boolean> {
  if (isDigest(reference)) checkDigest(manifest.bytes, reference);
  const allowed = permission(repository, ["pull", "push"]);
  for (let attempt = 1; ; attempt++) {
    const answer = await exchange.request({
      method: "PUT",
      target: manifestPath(repository, reference),
      headers: {
        "content-type": manifest.descriptor.mediaType,
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      body: manifest.bytes,
      permission: allowed,
    });
    if (answer.status >= 200 && answer.status < 300) {
      await discard(answer);
      checkStored(exchange, answer, manifest);
      return answer.headers["oci-subject"] !== undefined;
    }
    const name = nameOf(exchange, repository, reference);
    const action = `write the manifest of ${name}`;
    const error = await exchange.failure(answer, action, allowed);
    if (isTypeRefused(error))
      throw new RegistryError(action, exchange.host, error.status, error.failures, {
        hint: hintFor(manifest),
      });
    if (attempt >= 3 || !isBlobMissing(error)) throw error;
    await exchange.pacing.backOff(attempt); // blobs just written may not have reached all of the registry's servers
  }
}

/** Whether the manifest itself is refused: what registries answer that do not know its type. */
function isTypeRefused(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError)) return false;
  const codes = error.failures.map(({ code }) => code);
  return error.status === 415 || codes.includes("MANIFEST_INVALID") || codes.includes("UNSUPPORTED");
}

/** What may help where a registry does not take a manifest, which is not for us to change unasked. */
function hintFor({ descriptor: { mediaType } }: Manifest): string {
  const [type, other] = mediaType.includes(".oci.") ? ["OCI", "v2s2"] : ["docker", "oci"];
  return `if the registry takes no ${type} manifests, convert the image with \`--format ${other}\`, which changes its digest`;
}

/** Deletes what the reference names: by tag that tag, by digest the manifest with all its tags. */
export async function deleteManifest(
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  const allowed = permission(repository, ["pull", "delete"]);
  const target = manifestPath(repository, reference);
  const answer = await exchange.request({ method: "DELETE", target, permission: allowed });
  if (answer.status >= 200 && answer.status < 300) return discard(answer);
  const name = nameOf(exchange, repository, reference);
  if (answer.status === 404) {
    const [failure] = await readFailures(answer);
    throw new ManifestUnknownError(name, failure?.message);
  }
  const hint =
    answer.status === 405 || answer.status === 400
      ? "the registry does not allow this kind of deletion; by digest, or after a change of its settings, it may"
      : undefined;
  throw await exchange.failure(answer, `delete ${name}`, allowed, hint);
}

function ask(
  exchange: Exchange,
  method: "GET" | "HEAD",
  repository: string,
  reference: string,
): Promise<Answer> {
  const target = manifestPath(repository, reference);
  const what = `manifest of ${nameOf(exchange, repository, reference)}`;
  return exchange.request({
    method,
    target,
    collect: { limit: MANIFEST_SIZE_LIMIT, what },
    headers: { accept: ACCEPT },
    permission: permission(repository, ["pull"]),
  });
}

function permission(repository: string, actions: readonly Action[]) {
  return { repository, scopes: [repositoryScope(repository, actions)] };
}

/** The descriptor in the headers of a HEAD; undefined when they say too little. */
function describe(answer: Answer, reference: string): Descriptor | undefined {
  const mediaType = answer.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  const digest = answer.headers["docker-content-digest"];
  const size = Number(answer.headers["content-length"] ?? Number.NaN);
  if (!isIndexMediaType(mediaType) && !isManifestMediaType(mediaType)) return undefined;
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size <= 0) return undefined;
  if (isDigest(reference) && digest !== reference) return undefined;
  return { mediaType, digest, size };
}

function checkDigest(bytes: Uint8Array, digest: Digest): void {
  const actual = digestOf(bytes, algorithmOf(digest));
  if (actual !== digest) throw new DigestMismatchError(digest, actual);
}

function checkStored(exchange: Exchange, answer: Answer, manifest: Manifest): void {
  const stored = answer.headers["docker-content-digest"];
  if (!isDigest(stored) || stored === digestOf(manifest.bytes, algorithmOf(stored))) return;
  throw new RegistryProtocolError(exchange.host, `changed the manifest: it stored ${stored}`);
}

function isBlobMissing(error: Error): boolean {
  return (
    error instanceof RegistryError && error.failures.some(({ code }) => code === "MANIFEST_BLOB_UNKNOWN")
  );
}

function nameOf({ host }: Exchange, repository: string, reference: string): string {
  return `${host}/${repository}${isDigest(reference) ? "@" : ":"}${reference}`;
}
