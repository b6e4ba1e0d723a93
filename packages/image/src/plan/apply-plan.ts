import {
  ImageSync,
  type CopyPlan,
  type ExtraTag,
  type ImageHost,
  type Patience,
  type RegistryOptions,
  type SyncItem,
  type SyncOptions,
  type SyncResult,
} from "@wherry/core/engine";
import { formatReference } from "@wherry/core/reference";
import { PlanRefusedError } from "../sync/errors.ts";
import { readSyncFile } from "../sync/sync-file.ts";

interface ApplyOptions extends Pick<
  SyncOptions,
  "attempts" | "pauseMs" | "bandwidth" | "jobs" | "keepGoing" | "onItemEvent" | "onResult"
> {
  /** What the command line says about the registries; it comes before what the plan says. */
  readonly source: RegistryOptions;
  readonly destination: RegistryOptions;
  readonly patience: Patience;
}

/** What became of a plan. */
interface Applied {
  readonly results: readonly SyncResult[];
  readonly extra: readonly ExtraTag[];
}

/**
 * Does what a plan says: first both sides of every image are looked at again, then images are copied, and tags deleted if
 * none of that failed. What has been done before is not done again.
 *
 * @throws {PlanRefusedError} before anything is written, when something is not as it was planned
 */
export async function applyPlan(
  engine: ImageHost,
  plan: CopyPlan,
  { source, destination, patience, ...transfers }: ApplyOptions,
): Promise<Applied> {
  const registry = { ...registryOf(plan.destination), ...destination };
  await using sync = await ImageSync.open(engine, registry, patience);
  const items = await itemsOf(plan, source);
  const options = {
    ...plan.changes,
    ...transfers,
    source: placeOf(plan.source),
    destination: placeOf(plan.destination),
  };
  const outdated = await sync.check(items, options);
  if (outdated.length > 0) throw new PlanRefusedError(outdated.map(({ error }) => error));
  const results = [...failedOf(plan), ...(await sync.run(items, options))];
  const isWhole = plan.unlisted.length === 0 && results.every(({ outcome }) => outcome !== "failed");
  return { results, extra: isWhole ? await sync.deletePlanned(plan.deletions) : [] };
}

/** The images to be copied, each with the login that the sync file has for its source. */
async function itemsOf({ images, source, syncFile }: CopyPlan, typed: RegistryOptions): Promise<SyncItem[]> {
  const logins = syncFile === undefined ? new Map<string, RegistryOptions>() : await loginsIn(syncFile);
  return images.flatMap(({ item, outcome }) => {
    if (outcome !== "copy") return [];
    const place =
      item.source.transport === "docker" ? formatReference(repositoryOf(item.source.reference)) : "";
    return [
      { ...item, registry: { ...registryOf(source), ...item.registry, ...typed, ...logins.get(place) } },
    ];
  });
}

async function loginsIn(syncFile: string): Promise<Map<string, RegistryOptions>> {
  const { repositories } = await readSyncFile(syncFile);
  return new Map(
    repositories.flatMap(({ reference, options: { credentials } }) =>
      credentials === undefined ? [] : [[formatReference(repositoryOf(reference)), { credentials }] as const],
    ),
  );
}

function repositoryOf({ registry, repository }: { readonly registry: string; readonly repository: string }) {
  return { registry, repository };
}

function registryOf({ tlsVerify, certDir, authFile }: CopyPlan["source"]): RegistryOptions {
  return {
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(certDir === undefined ? {} : { certDir }),
    ...(authFile === undefined ? {} : { authFile }),
  };
}

function placeOf({ sharedBlobs, moreNames }: CopyPlan["source"]) {
  return {
    ...(sharedBlobs === undefined ? {} : { sharedBlobs }),
    ...(moreNames === undefined ? {} : { moreNames }),
  };
}

/** What could not be planned cannot be done. */
function failedOf({ images }: CopyPlan): SyncResult[] {
  return images.flatMap(({ item, outcome, error }) =>
    outcome === "failed" ? [{ item, outcome, bytes: 0, error }] : [],
  );
}
