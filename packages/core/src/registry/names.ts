import { isDigest, type Digest } from "../oci/index.ts";
import { WherryError } from "../error/index.ts";

/** A text that may not be part of a request's path. */
export class InvalidNameError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_NAME";
  constructor(what: string, text: string) {
    super(`invalid ${what} ${JSON.stringify(text.slice(0, 200))}`);
  }
}

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Whether the text is a tag (distribution-spec "Pulling manifests"). */
export function isTag(text: unknown): text is string {
  return typeof text === "string" && TAG.test(text);
}

/** The path of a repository's API, checked, so that no name leads elsewhere. */
export function repositoryPath(repository: string): string {
  if (!REPOSITORY.test(repository)) throw new InvalidNameError("repository name", repository);
  return `/v2/${repository}`;
}

/** The path of a manifest by tag or digest. */
export function manifestPath(repository: string, reference: string): string {
  if (!isDigest(reference) && !isTag(reference)) throw new InvalidNameError("tag or digest", reference);
  return `${repositoryPath(repository)}/manifests/${reference}`;
}

/** The path of a blob. */
export function blobPath(repository: string, digest: Digest): string {
  if (!isDigest(digest)) throw new InvalidNameError("digest", digest);
  return `${repositoryPath(repository)}/blobs/${digest}`;
}
