import * as v from "valibot";
import { readBody, type Answer } from "./connections.ts";
import { resolveUrl } from "./destinations.ts";
import { RegistryProtocolError, RepositoryUnknownError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Permission } from "./authenticator.ts";
import { readFailures } from "./failure.ts";
import { nextLink } from "./link.ts";
import { isTag, repositoryPath } from "./names.ts";
import { CATALOG_SCOPE, repositoryScope } from "./scope.ts";

/** Names on one page; Amazon's registry refuses to give more. */
const PAGE_SIZE = 1000;
/** Largest page, in bytes, and most pages: far beyond any real repository. */
const PAGE_LIMIT = 16 * 1024 * 1024;
const MAXIMUM_PAGES = 10_000;

const names = v.optional(v.nullable(v.array(v.unknown())));
const pageSchema = v.looseObject({ tags: names, repositories: names });

/** The tags of a repository (distribution-spec "Listing Tags"); what is no tag is left out. */
export async function* listTags(exchange: Exchange, repository: string): AsyncGenerator<string> {
  const permission = { repository, scopes: [repositoryScope(repository, ["pull"])] };
  const path = `${repositoryPath(repository)}/tags/list`;
  const what = `${exchange.host}/${repository}`;
  for await (const name of pages(exchange, path, "tags", what, permission)) if (isTag(name)) yield name;
}

/** The repositories of a registry, as far as it tells. */
export async function* listRepositories(exchange: Exchange): AsyncGenerator<string> {
  const permission = { repository: undefined, scopes: [CATALOG_SCOPE] };
  for await (const name of pages(exchange, "/v2/_catalog", "repositories", exchange.host, permission)) {
    if (typeof name === "string") yield name;
  }
}

async function* pages(
  exchange: Exchange,
  path: string,
  field: "tags" | "repositories",
  what: string,
  permission: Permission,
): AsyncGenerator {
  const registry = await exchange.registry();
  const seen = new Set<string>();
  let last: unknown;
  let url: URL | undefined = new URL(`${path}?n=${PAGE_SIZE}`, registry);
  while (url !== undefined) {
    seen.add(url.href);
    if (seen.size > MAXIMUM_PAGES)
      throw new RegistryProtocolError(exchange.host, `lists ${what} without end`);
    const collect = { limit: PAGE_LIMIT, what: `list of ${field} of ${what}` };
    const answer = await exchange.request({ method: "GET", target: url, permission, collect });
    if (answer.status === 404) {
      const [failure] = await readFailures(answer);
      throw new RepositoryUnknownError(what, failure?.message);
    }
    if (answer.status !== 200)
      throw await exchange.failure(answer, `list the ${field} of ${what}`, permission);
    const page = await readPage(exchange, answer, field, what);
    if (page.length > 0 && page.at(-1) === last) return; // it does not look at `last`, and gave the same page again
    last = page.at(-1);
    yield* page;
    url = nextPage(answer, url, page, registry);
    if (url !== undefined && seen.has(url.href)) return; // a registry that goes in circles has told all
  }
}

async function readPage(
  exchange: Exchange,
  answer: Answer,
  field: "tags" | "repositories",
  what: string,
): Promise<readonly unknown[]> {
  const bytes = await readBody(answer, PAGE_LIMIT, `list of ${field} of ${what}`);
  try {
    return v.parse(pageSchema, JSON.parse(bytes.toString()))[field] ?? [];
  } catch (cause) {
    throw new RegistryProtocolError(exchange.host, `gave no list of ${field} for ${what}`, cause);
  }
}

/** The page after this one: as the Link header says; without one, after a full page, by its last name. */
function nextPage(answer: Answer, url: URL, page: readonly unknown[], registry: URL): URL | undefined {
  const linked = nextPageUrl(answer, registry);
  if (linked !== undefined) return linked;
  const last = page.at(-1);
  if (page.length < PAGE_SIZE || typeof last !== "string" || answer.headers["link"] !== undefined)
    return undefined;
  const next = new URL(url);
  next.searchParams.set("last", last);
  return next;
}

/** The page that the answer's Link header names; always at the registry itself. @throws {RegistryProtocolError} */
export function nextPageUrl(answer: Answer, registry: URL): URL | undefined {
  const link = nextLink(answer.headers["link"]);
  if (link === undefined) return undefined;
  const next = resolveUrl(link, answer.url, "a next page");
  if (next.hostname !== registry.hostname) {
    throw new RegistryProtocolError(registry.host, `names a next page at another host, ${next.host}`);
  }
  // behind a proxy a registry may not know its own scheme and port
  return new URL(next.pathname + next.search, registry);
}
