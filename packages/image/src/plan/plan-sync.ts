import { resolve } from "node:path";
import {
  withoutSecrets,
  type CopyPlan,
  type ImageHost,
  type ImageSync,
  type PlannedDeletion,
  type PlannedImage,
} from "@wherry/core/engine";
import type { SyncRequest } from "../sync-flags.ts";
import type { SyncPlan } from "../sync/sync-plan.ts";
import type { Listener } from "../sync/tell.ts";

/** What a sync of these images would do. Nothing is written anywhere. */
export async function planOfSync(
  engine: ImageHost,
  sync: ImageSync,
  { items, failures }: SyncPlan,
  request: SyncRequest,
  listener: Listener,
): Promise<CopyPlan> {
  const { origin, options, destination } = request;
  const images = await sync.plan(items, options);
  const { choice, format, layers, preserveDigests = false, withoutSignatures } = options;
  return {
    command: "sync",
    created: engine.host.now().toISOString(),
    ...(origin.transport === "yaml" ? { syncFile: resolve(origin.location) } : {}),
    source: withoutSecrets(origin.options),
    destination: withoutSecrets(destination),
    changes: {
      preserveDigests,
      ...(choice === undefined ? {} : { choice }),
      ...(format === undefined ? {} : { format }),
      ...(layers === undefined ? {} : { layers }),
      ...(withoutSignatures === true ? { withoutSignatures } : {}),
    },
    images,
    unlisted: failures.map(({ source, error }) => ({
      source,
      why: error instanceof Error ? error.message : String(error),
    })),
    deletions: await deletions(sync, images, failures.length, request, listener),
  };
}

/** The tags that nobody asked for, unless all is not known, or they are too many. */
async function deletions(
  sync: ImageSync,
  images: readonly PlannedImage[],
  unlisted: number,
  { deleteExtra: limit, target }: SyncRequest,
  { warn, fail }: Listener,
): Promise<PlannedDeletion[]> {
  if (limit === undefined) return [];
  if (unlisted > 0 || images.some(({ outcome }) => outcome === "failed")) {
    warn("No extra tags would be deleted, since not all images could be read");
    return [];
  }
  const isCandidate = (tag: string): boolean => tag.endsWith(target.appendSuffix);
  const items = images.map(({ item }) => item);
  try {
    const extra = await sync.deleteExtra(items, { limit, isCandidate, dryRun: true });
    return extra.flatMap(({ reference, digest }) => (digest === undefined ? [] : [{ reference, digest }]));
  } catch (error) {
    fail(error);
    return [];
  }
}
