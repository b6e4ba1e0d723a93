import type { SearchResult } from "../registry/index.ts";
import { Connection, openRegistries, type ImageHost } from "./connection.ts";
import type { RegistryOptions } from "./registries.ts";

/** A repository that a search found, with its registry. */
export interface FoundRepository extends SearchResult {
  readonly registry: string;
  /** Its full name. */
  readonly repository: string;
}

export interface SearchOptions {
  readonly registry?: RegistryOptions;
  /** From each registry at most. */
  readonly limit: number;
  /** Told of a registry that could not be searched; the others still are. */
  readonly onFailure?: (registry: string, error: unknown) => void;
}

const DOCKER_HUB = "docker.io";
/** Where Docker Hub answers searches: the registry itself does not. */
const DOCKER_HUB_INDEX = "index.docker.io";

/**
 * Searches the registry that a text begins with, `quay.io/podman`, else all of `unqualified-search-registries`, Docker Hub where
 * none are configured.
 */
export async function searchImages(
  engine: ImageHost,
  text: string,
  { registry: options, limit, onFailure }: SearchOptions,
): Promise<FoundRepository[]> {
  const { endpointsFor } = await import("../config/index.ts");
  await using registries = await openRegistries(engine, options);
  const { conf } = registries;
  const [, named, rest] = /^([^/]*(?:[.:]|^localhost(?=\/))[^/]*)\/(.*)$/s.exec(text) ?? [];
  const usual = conf.unqualifiedSearchRegistries;
  const searched = named !== undefined ? [named] : usual.length > 0 ? usual : [DOCKER_HUB];
  const term = rest ?? text;
  const searchOne = async (registry: string): Promise<FoundRepository[]> => {
    try {
      const { primary } = endpointsFor(conf, { registry, repository: "" });
      const isHub = registry === DOCKER_HUB && primary.location === DOCKER_HUB;
      const endpoint = isHub ? { ...primary, location: DOCKER_HUB_INDEX } : primary;
      const found = await registries.clientFor(endpoint).search(term, limit);
      return found.map((result) => ({ ...result, registry, repository: fullName(registry, result.name) }));
    } catch (error) {
      engine.signal?.throwIfAborted();
      if (searched.length === 1 || onFailure === undefined) throw error;
      onFailure(registry, error);
      return [];
    }
  };
  return (await Promise.all(searched.map(searchOne))).flat();
}

/** Official images of Docker Hub are searched for without their folder. */
function fullName(registry: string, name: string): string {
  return registry === DOCKER_HUB && !name.includes("/")
    ? `${registry}/library/${name}`
    : `${registry}/${name}`;
}

/**
 * Every tag of a repository as a full name, for a name that may be short: of the first of its registries that has it.
 *
 * @throws {InvalidReferenceError | RepositoryUnknownError}
 */
export async function listTaggedNames(
  engine: ImageHost,
  name: string,
  options: RegistryOptions = {},
  limit = Infinity,
): Promise<string[]> {
  const { formatReference } = await import("../reference/index.ts");
  await using connection = new Connection(engine, options);
  const candidates = (await connection.registries()).candidates(name);
  let failure: unknown;
  for (const reference of candidates) {
    try {
      const tags = await connection.tagsOf({ transport: "docker", reference }, limit);
      const { registry, repository } = reference;
      return tags.map((tag) => formatReference({ registry, repository, tag }));
    } catch (error) {
      engine.signal?.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure;
}
