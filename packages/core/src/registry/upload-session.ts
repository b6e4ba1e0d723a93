import type { Digest } from "../oci/index.ts";
import type { Permission } from "./authenticator.ts";
import { discard, type Answer } from "./connections.ts";
import { checkDestination, resolveUrl } from "./destinations.ts";
import { DeniedError, RegistryProtocolError, UnauthorizedError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { repositoryPath } from "./names.ts";
import { repositoryScope } from "./scope.ts";

/** An upload the registry has opened (distribution-spec "Pushing blobs"). */
export interface UploadSession {
  /** Where the next part goes; the registry may change it with each answer. */
  location: URL;
  /** Least bytes of a chunk but the last, if the registry has a wish. */
  minimumChunk: number;
}

/** Opens an upload session. */
export async function openUpload(exchange: Exchange, repository: string): Promise<UploadSession> {
  const permission = pushTo(repository);
  const target = `${repositoryPath(repository)}/blobs/uploads/`;
  const answer = await exchange.request({ method: "POST", target, permission });
  if (answer.status !== 202) {
    throw await exchange.failure(answer, `upload to ${exchange.host}/${repository}`, permission);
  }
  await discard(answer);
  return sessionOf(answer, await exchange.registry());
}

/**
 * Asks to take a blob over from another repository (distribution-spec "Mounting a blob").
 *
 * @returns true when it is there now, an upload session when the registry would rather have the content, false when it refuses.
 */
export async function mount(
  exchange: Exchange,
  repository: string,
  digest: Digest,
  from: string,
): Promise<boolean | UploadSession> {
  repositoryPath(from); // checks the name
  const query = new URLSearchParams({ mount: digest, from });
  const scopes = [...pushTo(repository).scopes, repositoryScope(from, ["pull"])];
  let answer: Answer;
  try {
    answer = await exchange.request({
      method: "POST",
      target: `${repositoryPath(repository)}/blobs/uploads/?${query.toString()}`,
      permission: { repository, scopes },
    });
  } catch (error) {
    // no token for a repository that may not be read: whether we may write at all, the upload tells
    if (error instanceof UnauthorizedError || error instanceof DeniedError) return false;
    throw error;
  }
  await discard(answer);
  if (answer.status === 201) return true;
  return answer.status === 202 ? sessionOf(answer, await exchange.registry()) : false;
}

/** Gives a session up. That this fails, or is not allowed, does not matter: registries forget sessions after a while. */
export async function cancelUpload(
  exchange: Exchange,
  repository: string,
  { location }: UploadSession,
): Promise<void> {
  const scopes = [repositoryScope(repository, ["pull", "push", "delete"])];
  try {
    await discard(
      await exchange.request({ method: "DELETE", target: location, permission: { repository, scopes } }),
    );
  } catch {
    // see above
  }
}

/** What an upload needs permission for. */
export function pushTo(repository: string): Permission {
  return { repository, scopes: [repositoryScope(repository, ["pull", "push"])] };
}

/** The session an answer opens. */
export function sessionOf(answer: Answer, registry: URL): UploadSession {
  const header = answer.headers["location"];
  if (header === undefined)
    throw new RegistryProtocolError(registry.host, "opened an upload without a Location");
  let location = resolveUrl(header, answer.url, "an upload location");
  // behind a proxy a registry may not know that it is reached by HTTPS
  if (
    location.hostname === registry.hostname &&
    location.protocol === "http:" &&
    registry.protocol === "https:"
  ) {
    location = new URL(location.pathname + location.search, registry);
  }
  checkDestination(location, registry, "the upload location");
  const minimum = Number(answer.headers["oci-chunk-min-length"] ?? 0);
  return { location, minimumChunk: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0 };
}

/** The Location of an answer, if it has one; else where the session was. */
export function locationOf(answer: Answer, current: URL): URL {
  const header = answer.headers["location"];
  if (header === undefined) return current;
  const next = resolveUrl(header, answer.url, "an upload location");
  if (next.hostname === current.hostname && next.protocol === "http:" && current.protocol === "https:") {
    return new URL(next.pathname + next.search, current);
  }
  if (next.host !== current.host) checkDestination(next, current, "the upload location");
  return next;
}

/** The location with the digest added; what the registry put there stays byte for byte. */
export function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  url.search = `${location.search === "" ? "?" : `${location.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** Bytes received by the Range of an answer, `0-N` or `bytes=0-N`; undefined when there is none. */
export function rangeEnd(answer: Answer): number | undefined {
  const end = /^(?:bytes[= ])?0-(\d+)$/.exec(answer.headers["range"]?.trim() ?? "")?.[1];
  return end === undefined ? undefined : Number(end) + 1;
}
