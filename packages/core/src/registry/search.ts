import * as v from "valibot";
import { discard, readBody, type Answer } from "./connections.ts";
import type { Exchange } from "./exchange.ts";
import { listRepositories } from "./listings.ts";

/** A repository that a search found; what the registry does not say is empty. */
export interface SearchResult {
  /** Without the registry. */
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly isOfficial: boolean;
  readonly isAutomated: boolean;
}

const ANSWER_LIMIT = 4 * 1024 * 1024;

const searchSchema = v.looseObject({
  results: v.nullable(
    v.array(
      v.looseObject({
        name: v.string(),
        description: v.optional(v.nullable(v.string())),
        star_count: v.optional(v.number(), 0),
        is_official: v.optional(v.boolean(), false),
        is_automated: v.optional(v.boolean(), false),
      }),
    ),
  ),
});

/**
 * Repositories whose name, or what else the registry knows of them, has a text in it: by the search of Docker's first API
 * (`/v1/search`), which Docker Hub and Quay answer; where there is none, by looking through the catalogue.
 *
 * @param limit as many are given at most
 */
export async function searchRepositories(
  exchange: Exchange,
  text: string,
  limit: number,
): Promise<SearchResult[]> {
  const answered = await searchFirstApi(exchange, text, limit);
  if (answered !== undefined) return answered.slice(0, limit);
  const found: SearchResult[] = [];
  for await (const name of listRepositories(exchange)) {
    if (found.length >= limit) break;
    if (name.includes(text))
      found.push({ name, description: "", stars: 0, isOfficial: false, isAutomated: false });
  }
  return found;
}

/** Undefined when the registry does not know the first API. */
async function searchFirstApi(
  exchange: Exchange,
  text: string,
  limit: number,
): Promise<SearchResult[] | undefined> {
  const permission = { repository: undefined, scopes: [] };
  const query = new URLSearchParams({ q: text, n: String(limit) });
  const collect = { limit: ANSWER_LIMIT, what: `search results of ${exchange.host}` };
  const target = `/v1/search?${query.toString()}`;
  const answer = await exchange.request({ method: "GET", target, permission, collect });
  if (answer.status !== 200) {
    await discard(answer);
    return undefined;
  }
  return await readResults(answer);
}

/** A page for people, as some registries give for paths they do not know, is no answer. */
async function readResults(answer: Answer): Promise<SearchResult[] | undefined> {
  const bytes = await readBody(answer, ANSWER_LIMIT, "search results");
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  const { success, output } = v.safeParse(searchSchema, parsed);
  if (!success) return undefined;
  return (output.results ?? []).map((result) => ({
    name: result.name,
    description: result.description ?? "",
    stars: result.star_count,
    isOfficial: result.is_official,
    isAutomated: result.is_automated,
  }));
}
