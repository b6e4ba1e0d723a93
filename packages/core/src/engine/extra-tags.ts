import { deleteImage } from "../image/index.ts";
import type { Digest } from "../oci/index.ts";
import { formatReference, type Reference } from "../reference/index.ts";
import type { TransportName } from "../transport/index.ts";
import type { Connection } from "./connection.ts";
import { eachItem } from "./each-item.ts";
import { PlanOutdatedError, TooManyExtraTagsError } from "./errors.ts";
import { digestAt, openSide, type SyncSide } from "./sync-side.ts";

/** Tags looked up at a time. */
const AT_A_TIME = 6;

export interface DeleteExtraOptions {
  /** Most tags to delete; when there are more, none is. */
  readonly limit: number;
  /** Which tags may be deleted at all; default any. */
  readonly isCandidate?: (tag: string) => boolean;
  /** Only tell which. */
  readonly dryRun?: boolean;
}

/** A tag that a plan wants gone, with what it stood for then. */
export interface PlannedDeletion {
  readonly reference: Reference;
  readonly digest: Digest;
}

/** What became of a tag that a sync does not ask for. */
export interface ExtraTag {
  readonly reference: Reference;
  readonly outcome: "deleted" | "pending" | "failed";
  /** What it stands for; of a pending one only. */
  readonly digest?: Digest;
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
  if (dryRun) return eachItem(extra, AT_A_TIME, (reference) => pendingTag(reference, connection));
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

/**
 * Deletes tags that were found before, as long as they stand for what they stood for then. One that is gone is deleted.
 *
 * @returns what became of each
 */
export async function deletePlannedTags(
  planned: readonly PlannedDeletion[],
  connection: Connection,
): Promise<ExtraTag[]> {
  const results: ExtraTag[] = [];
  for (const { reference, digest } of planned) {
    const current = await digestAt(await sideOf(reference, connection));
    if (current === undefined) results.push({ reference, outcome: "deleted" });
    else if (current === digest) results.push(await deleteTag(reference, connection));
    else {
      const error = new PlanOutdatedError(formatReference(reference), digest, current);
      results.push({ reference, outcome: "failed", error });
    }
  }
  return results;
}

async function pendingTag(reference: Reference, connection: Connection): Promise<ExtraTag> {
  const digest = await digestAt(await sideOf(reference, connection));
  return { reference, outcome: "pending", ...(digest === undefined ? {} : { digest }) };
}

function sideOf(reference: Reference, connection: Connection): Promise<SyncSide> {
  return openSide({ transport: "docker", reference }, connection, "destination");
}

async function deleteTag(reference: Reference, { context }: Connection): Promise<ExtraTag> {
  try {
    await deleteImage({ transport: "docker", reference }, context);
    return { reference, outcome: "deleted" };
  } catch (error) {
    return { reference, outcome: "failed", error };
  }
}
