import { existsSync } from "node:fs";
import type { Credentials } from "../config/index.ts";
import type { Deletion, DeleteOptions, ImageSummary } from "../image/index.ts";
import type { Manifest, Platform } from "../oci/index.ts";
import type { ImageSource, TransportName } from "../transport/index.ts";
import { LoginFailedError, NotLoggedInError, TagsUnsupportedError } from "./errors.ts";
import { Connection, openRegistries, type ImageHost } from "./connection.ts";
import type { RegistryOptions } from "./registries.ts";

/** Choices when one image is read. */
export interface ReadOptions {
  readonly registry?: RegistryOptions;
  /** Default this machine's. */
  readonly platform?: Platform;
}

export interface InspectAnywhereOptions extends ReadOptions {
  /** List the tags of its repository too; default true. */
  readonly tags?: boolean;
  /** Most tags to list. */
  readonly tagLimit?: number;
  /** Told when the tags are not all there: the registry refused to list them, or has more. */
  readonly onTagsMissing?: (why: string) => void;
}

/** An image in skopeo's terms. */
export async function inspectImage(
  engine: ImageHost,
  name: string,
  options: InspectAnywhereOptions = {},
): Promise<ImageSummary> {
  const { registry, platform, tags = true } = options;
  const { parseTransportName, openSource } = await import("../transport/index.ts");
  const { inspectImage: inspect } = await import("../image/index.ts");
  const { hostPlatform } = await import("../oci/index.ts");
  const place = parseTransportName(name);
  await using connection = new Connection(engine, registry);
  await using source = readingRootOnce(openSource(place, connection.context));
  const listed =
    tags && place.transport === "docker" ? tagsToShow(connection, place, options) : Promise.resolve([]);
  listed.catch(() => undefined); // awaited below, after what may fail first
  const repository = repositoryOf(place);
  const summary = await inspect(source, {
    platform: platform ?? hostPlatform(),
    ...(repository === undefined ? {} : { name: repository }),
  });
  return { ...summary, RepoTags: await listed };
}

/** The tags of a repository, as many as are shown. Some registries refuse to list them and are fit for all else. */
async function tagsToShow(
  connection: Connection,
  place: TransportName & { readonly transport: "docker" },
  { tagLimit = Infinity, onTagsMissing = () => undefined }: InspectAnywhereOptions,
): Promise<string[]> {
  const { DeniedError, RepositoryUnknownError } = await import("../registry/index.ts");
  try {
    const tags = await connection.tagsOf(place, tagLimit + 1);
    if (tags.length <= tagLimit) return tags;
    onTagsMissing(`the repository has more than ${tagLimit} tags, the rest is left out`);
    return tags.slice(0, tagLimit);
  } catch (error) {
    if (!(error instanceof DeniedError || error instanceof RepositoryUnknownError)) throw error;
    onTagsMissing(`the registry does not list tags: ${error.message}`);
    return [];
  }
}

/** The same source, asked only once for the manifest that its name stands for: each time is a request. */
export function readingRootOnce(source: ImageSource): ImageSource {
  const readManifest = source.readManifest.bind(source);
  let root: Promise<Manifest> | undefined;
  source.readManifest = (digest) => (digest === undefined ? (root ??= readManifest()) : readManifest(digest));
  return source;
}

/** The manifest or index that a name stands for, with its exact bytes. */
export async function readManifest(
  engine: ImageHost,
  name: string,
  { registry }: Pick<ReadOptions, "registry"> = {},
): Promise<Manifest> {
  const { parseTransportName, openSource } = await import("../transport/index.ts");
  await using connection = new Connection(engine, registry);
  await using source = openSource(parseTransportName(name), connection.context);
  return await source.readManifest();
}

/** The exact bytes of an image's config. */
export async function readConfig(
  engine: ImageHost,
  name: string,
  { registry, platform }: ReadOptions = {},
): Promise<Buffer> {
  const { parseTransportName, openSource } = await import("../transport/index.ts");
  const { readConfig: read, selectPlatform } = await import("../image/index.ts");
  const { hostPlatform } = await import("../oci/index.ts");
  await using connection = new Connection(engine, registry);
  await using source = openSource(parseTransportName(name), connection.context);
  const image = await selectPlatform(source, platform ?? hostPlatform()).readManifest();
  return await read(source, image);
}

/** The tags of a repository, or the names in an archive or layout. */
export interface TagList {
  /** Name without tag; absent for archives and layouts. */
  readonly repository: string | undefined;
  readonly tags: readonly string[];
}

/** @throws {TagsUnsupportedError} for a transport without tags. */
export async function listTags(
  engine: ImageHost,
  name: string,
  { registry }: Pick<ReadOptions, "registry"> = {},
): Promise<TagList> {
  const { parseTransportName, listImages } = await import("../transport/index.ts");
  const place = parseTransportName(name);
  await using connection = new Connection(engine, registry);
  switch (place.transport) {
    case "docker":
      return { repository: repositoryOf(place), tags: await connection.tagsOf(place) };
    case "oci":
    case "oci-archive":
    case "docker-archive": {
      const { formatReference } = await import("../reference/index.ts");
      const found = await listImages(place.path, connection.context.temporaryDirectory);
      const tags = found.flatMap(({ names, label }) => label ?? names.map(formatReference));
      return { repository: undefined, tags };
    }
    default:
      throw new TagsUnsupportedError(place.transport);
  }
}

/** Deletes an image where it is. */
export async function deleteImage(
  engine: ImageHost,
  name: string,
  { registry, ...options }: Pick<ReadOptions, "registry"> & DeleteOptions = {},
): Promise<void> {
  const { parseTransportName } = await import("../transport/index.ts");
  const { deleteImage: remove } = await import("../image/index.ts");
  await using connection = new Connection(engine, registry);
  await remove(parseTransportName(name), connection.context, options);
}

/** What deleting an image would take away. */
export async function planDeletion(
  engine: ImageHost,
  name: string,
  { registry, ...options }: Pick<ReadOptions, "registry"> & DeleteOptions = {},
): Promise<Deletion> {
  const { parseTransportName } = await import("../transport/index.ts");
  const { planDeletion: plan } = await import("../image/index.ts");
  await using connection = new Connection(engine, registry);
  return await plan(parseTransportName(name), connection.context, options);
}

/**
 * Checks credentials with a registry and keeps them. Returns where they are kept.
 *
 * @param registry host, or host/path for a login to a part of it.
 * @throws {LoginFailedError} when the registry does not accept them.
 */
export async function login(
  engine: ImageHost,
  registry: string,
  credentials: Credentials,
  options: RegistryOptions = {},
): Promise<string> {
  const { endpointsFor } = await import("../config/index.ts");
  const { UnauthorizedError } = await import("../registry/index.ts");
  await using registries = await openRegistries(engine, { ...options, credentials });
  const [host = registry, ...path] = registry.split("/");
  const { primary } = endpointsFor(registries.conf, { registry: host, repository: path.join("/") });
  try {
    await registries.clientFor(primary).checkLogin();
  } catch (error) {
    if (error instanceof UnauthorizedError) throw new LoginFailedError(registry, error);
    throw error;
  }
  return await registries.credentialStore.save(registry, credentials);
}

/** The login that is kept for a registry. A file that the first login will make holds none. */
export async function findLogin(
  engine: ImageHost,
  registry: string,
  options: Pick<RegistryOptions, "authFile"> = {},
): Promise<Credentials | undefined> {
  const file = options.authFile ?? engine.environment.env["REGISTRY_AUTH_FILE"];
  if (file !== undefined && file !== "" && !existsSync(file)) return undefined;
  await using registries = await openRegistries(engine, options);
  const [host = registry, ...path] = registry.split("/");
  const found = await registries.credentialStore.find(host, path.length === 0 ? undefined : path.join("/"));
  return found?.credentials;
}

/** Forgets a login, or all of them. @throws {NotLoggedInError} */
export async function logout(
  engine: ImageHost,
  registry: string | undefined,
  options: Pick<RegistryOptions, "authFile" | "dockerCompatible"> = {},
): Promise<void> {
  await using registries = await openRegistries(engine, options);
  const { credentialStore } = registries;
  if (registry !== undefined) {
    if (!(await credentialStore.remove(registry))) throw new NotLoggedInError(registry);
    return;
  }
  for (const { registry: known } of await credentialStore.list()) await credentialStore.remove(known);
}

/** The first registry that short names are looked up in: where `login` goes when none is named. */
export async function defaultRegistry(engine: ImageHost): Promise<string | undefined> {
  const { readRegistriesConf } = await import("../config/index.ts");
  return (await readRegistriesConf(engine.environment)).unqualifiedSearchRegistries[0];
}

function repositoryOf(place: TransportName): string | undefined {
  return place.transport === "docker"
    ? `${place.reference.registry}/${place.reference.repository}`
    : undefined;
}
