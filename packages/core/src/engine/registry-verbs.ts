import type { Credentials, RegistryEndpoint } from "../config/index.ts";
import type { Descriptor, Digest, Manifest } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { RateLimit, RegistryClient } from "../registry/index.ts";
import { Connection, openRegistries, type ImageHost } from "./connection.ts";
import { NoTokenError, TagElsewhereError } from "./errors.ts";
import type { ReadOptions } from "./image-methods.ts";
import type { RegistryOptions } from "./registries.ts";

/**
 * The digest of what a name stands for; from a registry by a HEAD, which is not counted as a pull.
 *
 * @param options with a platform, the digest of the image for it where the name stands for an index
 * @throws {ManifestUnknownError | NoSuchImageError | NoMatchingPlatformError}
 */
export async function resolveDigest(
  engine: ImageHost,
  name: string,
  { registry, platform }: ReadOptions = {},
): Promise<Digest> {
  const { openSource, parseTransportName } = await import("../transport/index.ts");
  const place = parseTransportName(name);
  await using connection = new Connection(engine, registry);
  if (place.transport === "docker" && platform === undefined) {
    const { client, repository } = await clientOf(connection, place.reference);
    const { digest, tag = "latest" } = place.reference;
    const found = await client.headManifest(repository, digest ?? tag);
    if (found !== undefined) return found.digest;
  }
  await using source = openSource(place, connection.context);
  if (platform === undefined) return (await source.readManifest()).descriptor.digest;
  const { selectPlatform } = await import("../image/index.ts");
  return (await selectPlatform(source, platform).readManifest()).descriptor.digest;
}

/**
 * Gives an image in a registry more tags there. Only its manifest is read and written.
 *
 * @param tags tags, or names in the same repository
 * @throws {ManifestUnknownError | TagElsewhereError | InvalidReferenceError}
 */
export async function tagImage(
  engine: ImageHost,
  image: Reference,
  tags: readonly string[],
  registry?: RegistryOptions,
): Promise<Descriptor> {
  const references = await Promise.all(tags.map((text) => tagReference(image, text)));
  await using connection = new Connection(engine, registry);
  const { client, repository } = await clientOf(connection, image);
  const manifest: Manifest = await client.getManifest(repository, image.digest ?? image.tag ?? "latest");
  for (const { tag = "latest" } of references) await client.putManifest(repository, tag, manifest);
  return manifest.descriptor;
}

/** The repositories of a registry, as far as it tells. */
export async function listRepositories(
  engine: ImageHost,
  registry: string,
  options: RegistryOptions = {},
): Promise<string[]> {
  const { endpointsFor } = await import("../config/index.ts");
  await using registries = await openRegistries(engine, options);
  const { primary } = endpointsFor(registries.conf, { registry, repository: "" });
  const names: string[] = [];
  for await (const name of registries.clientFor(primary).listRepositories()) names.push(name);
  return names;
}

/**
 * The token that a registry wants to see for what may be done to a repository, for looking into logins.
 *
 * @throws {NoTokenError} where it asks for none; {UnauthorizedError}
 */
export async function registryToken(
  engine: ImageHost,
  image: Reference,
  actions: readonly ("pull" | "push" | "delete")[],
  options?: RegistryOptions,
): Promise<string> {
  await using connection = new Connection(engine, options);
  const { client, repository } = await clientOf(connection, image);
  const token = await client.token(repository, actions);
  if (token === undefined) throw new NoTokenError(client.host);
  return token;
}

/** Which login one place gets to see, and where it was found. */
export interface ExplainedLogin {
  /** `host[:port]/repository`, after what registries.conf rewrites. */
  readonly place: string;
  readonly isMirror: boolean;
  /** Undefined when there is none, so that requests are a guest's. */
  readonly login: { readonly kind: string; readonly from: string } | undefined;
}

/** The logins that reading an image would use, place by place in the order they are asked. No registry is asked now. */
export async function explainLogin(
  engine: ImageHost,
  reference: Reference,
  options: Pick<RegistryOptions, "authFile"> = {},
): Promise<ExplainedLogin[]> {
  const { endpointsFor } = await import("../config/index.ts");
  await using registries = await openRegistries(engine, options);
  const { pull } = endpointsFor(registries.conf, reference);
  const explain = async ({ location, repository, isMirror }: RegistryEndpoint): Promise<ExplainedLogin> => {
    const found = await registries.credentialStore.find(location, repository);
    const login = found === undefined ? undefined : { kind: kindOf(found.credentials), from: found.from };
    return { place: `${location}/${repository}`, isMirror, login };
  };
  return await Promise.all(pull.map(explain));
}

/** Never the secret itself. */
function kindOf(credentials: Credentials): string {
  if ("username" in credentials) return `user ${credentials.username}`;
  return "identityToken" in credentials ? "an identity token" : "a registry token";
}

async function tagReference(image: Reference, text: string): Promise<Reference> {
  const { formatReference, parseReference } = await import("../reference/index.ts");
  const { registry, repository } = image;
  const base = { registry, repository };
  if (!/[/:@]/.test(text)) return parseReference(`${formatReference(base)}:${text}`);
  const reference = parseReference(text.replace(/^docker:\/\//, ""));
  const isThere = reference.registry === registry && reference.repository === repository;
  if (!isThere || reference.digest !== undefined) throw new TagElsewhereError(text, formatReference(base));
  return reference;
}

/** How much a registry lets one pull, as far as it says. */
export async function rateLimitOf(
  engine: ImageHost,
  image: Reference,
  registry?: RegistryOptions,
): Promise<RateLimit | undefined> {
  await using connection = new Connection(engine, registry);
  const { client, repository } = await clientOf(connection, image);
  return await client.rateLimit(repository, image.digest ?? image.tag ?? "latest");
}

/** The client for the registry of an image, and the repository there. @throws {BlockedRegistryError} */
export async function clientOf(
  connection: Connection,
  reference: Reference,
): Promise<{ client: RegistryClient; repository: string }> {
  const { endpointsFor } = await import("../config/index.ts");
  const registries = await connection.registries();
  const { blocked, primary } = endpointsFor(registries.conf, reference);
  if (!blocked) return { client: registries.clientFor(primary), repository: primary.repository };
  const { BlockedRegistryError } = await import("../transport/index.ts");
  const { formatReference } = await import("../reference/index.ts");
  throw new BlockedRegistryError(reference.registry, formatReference(reference));
}
