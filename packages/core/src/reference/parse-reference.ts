import { isDigest, type Digest } from "../oci/index.ts";
import { InvalidReferenceError, UnqualifiedNameError } from "./errors.ts";

/** The full name of an image (distribution-spec "Pulling manifests"; docker's reference grammar). */
export interface Reference {
  /** Host with optional port, such as docker.io or localhost:5000. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The registry of names that say none, and the folder of its names of one word. */
export const DEFAULT_REGISTRY = "docker.io";
export const OFFICIAL_FOLDER = "library/";

const NAME_LENGTH_LIMIT = 255;
const TAG = /^\w[\w.-]{0,127}$/;
const HOST_PART = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)";
const REGISTRY = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::(?:[0-9]{1,5}))?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/**
 * Reads an image name with docker's normalisation: no registry means docker.io, where names of one word are in `library/`.
 * A tag is not added; see `withDefaultTag`.
 *
 * @throws {InvalidReferenceError}
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitReference(text);
  const [registry, repository] = normalise(splitName(name));
  if (!REGISTRY.test(registry)) throw new InvalidReferenceError(text, `${registry} is no host name`);
  checkRepository(text, repository);
  if (registry.length + 1 + repository.length > NAME_LENGTH_LIMIT)
    throw new InvalidReferenceError(text, `the name has more than ${NAME_LENGTH_LIMIT} characters`);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * Whether the name leaves open which registry is meant, as podman decides it: its first part has
 * neither dot nor colon and is not `localhost`.
 */
export function isShortName(text: string): boolean {
  return splitName(splitReference(text).name).registry === undefined;
}

/**
 * Reads a name that says its registry.
 *
 * @throws {UnqualifiedNameError | InvalidReferenceError}
 */
export function parseQualified(text: string): Reference {
  const reference = parseReference(text);
  if (isShortName(text)) throw new UnqualifiedNameError(text);
  return reference;
}

/** The reference with tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: "latest" }
    : reference;
}

function splitReference(text: string): { name: string; tag?: string; digest?: Digest } {
  if (text === "") throw new InvalidReferenceError(text, "it is empty");
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    throw new InvalidReferenceError(text, `${digest.slice(0, 150)} is no digest`);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) throw new InvalidReferenceError(text, `${tag} is no tag`);
  const name = tag === undefined ? named : named.slice(0, colon);
  if (name === "") throw new InvalidReferenceError(text, "the repository is missing");
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** What stands before the first slash is a registry only if it cannot be part of a repository. */
function splitName(name: string): { registry?: string; repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  return isRegistry ? { registry: first, repository: name.slice(slash + 1) } : { repository: name };
}

function normalise(name: { registry?: string; repository: string }): [registry: string, repository: string] {
  const registry =
    name.registry === undefined || name.registry === "index.docker.io" ? DEFAULT_REGISTRY : name.registry;
  const isOfficial = registry === DEFAULT_REGISTRY && !name.repository.includes("/");
  return [registry, isOfficial ? OFFICIAL_FOLDER + name.repository : name.repository];
}

function checkRepository(text: string, repository: string): void {
  if (repository !== repository.toLowerCase())
    throw new InvalidReferenceError(text, "repository name must be lowercase");
  if (/^(?:library\/)?[a-f0-9]{64}$/.test(repository))
    throw new InvalidReferenceError(text, "64 hex digits are an image ID, not a repository");
  for (const part of repository.slice(0, NAME_LENGTH_LIMIT + 1).split("/")) {
    if (!PATH_PART.test(part))
      throw new InvalidReferenceError(text, `${JSON.stringify(part)} is no part of a repository name`);
  }
}
