import { deleteImage } from "../image/index.ts";
import { formatReference, type Reference } from "../reference/index.ts";
import type { TransportName } from "../transport/index.ts";
import type { Connection } from "./connection.ts";
import { TooManyExtraTagsError } from "./errors.ts";

export interface DeleteExtraOptions {
  /** Most tags to delete; when there are more, none is. */
  readonly limit: number;
  /** Which tags may be deleted at all; default any. */
  readonly isCandidate?: (tag: string) => boolean;
  /** Only tell which. */
  readonly dryRun?: boolean;
}

/** What became of a tag that a sync does not ask for. */
export interface ExtraTag {
  readonly reference: Reference;
  readonly outcome: "deleted" | "pending" | "failed";
  readonly error?: unknown;
}

/**
 * Deletes the tags that nobody asked for, in those repositories where some were asked for. A tag goes alone, or with a
 * manifest that no other tag names.
 *
 * @param destinations all that is to stay
 * @throws {TooManyExtraTagsError} before anything is deleted
 */
export async function deleteExtraTags(
  destinations: readonly TransportName[],
  connection: Connection,
  { limit, isCandidate = () => true, dryRun = false }: DeleteExtraOptions,
): Promise<ExtraTag[]> {
  const extra: Reference[] = [];
  for (const { reference, wanted } of repositoriesAmong(destinations)) {
    const tags = await connection.tagsOf({ transport: "docker", reference });
    for (const tag of tags) if (!wanted.has(tag) && isCandidate(tag)) extra.push({ ...reference, tag });
  }
  if (extra.length > limit) throw new TooManyExtraTagsError(extra.map(formatReference), limit);
  if (dryRun) return extra.map((reference) => ({ reference, outcome: "pending" }));
  const deleted: ExtraTag[] = [];
  for (const reference of extra) deleted.push(await deleteTag(reference, connection));
  return deleted;
}

/** Repositories with the tags to keep there. One that was only written to by digest has no tags to compare. */
function repositoriesAmong(destinations: readonly TransportName[]) {
  const repositories = new Map<string, { reference: Reference; wanted: Set<string> }>();
  for (const place of destinations) {
    if (place.transport !== "docker" || place.reference.tag === undefined) continue;
    const { registry, repository, tag } = place.reference;
    const reference = { registry, repository };
    const known = repositories.get(formatReference(reference)) ?? { reference, wanted: new Set<string>() };
    known.wanted.add(tag);
    repositories.set(formatReference(reference), known);
  }
  return repositories.values();
}

async function deleteTag(reference: Reference, { context }: Connection): Promise<ExtraTag> {
  try {
    await deleteImage({ transport: "docker", reference }, context);
    return { reference, outcome: "deleted" };
  } catch (error) {
    return { reference, outcome: "failed", error };
  }
}
