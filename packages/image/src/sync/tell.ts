import { formatSize } from "@wherry/core/cli";
import { formatTransportName } from "@wherry/core/transport";
import { NothingToSyncError, SyncItemError } from "./errors.ts";
import { itemOf, type ItemResult } from "./report.ts";
import type { SyncOrigin, SyncPlan } from "./sync-plan.ts";

/** Who is told what became of each image. */
export interface Listener {
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly fail: (error: unknown) => void;
  /** Given where programs read along: what became of an image is then told by it alone. */
  readonly tell?: (event: object) => void;
}

/** Tells what is wrong with a list of images. @throws {NothingToSyncError} when there are none, and not because a file is empty */
export function tellPlan(
  { items, failures, warnings }: SyncPlan,
  { transport, location }: SyncOrigin,
  { warn, fail }: Listener,
): void {
  for (const warning of warnings) warn(warning);
  for (const { source, error } of failures) fail(new SyncItemError(source, error));
  if (items.length > 0 || failures.length > 0) return;
  if (transport !== "yaml") throw new NothingToSyncError(location);
  warn(`No images to sync found in ${location}`);
}

/** Tells what became of one image of many. */
export function tellResult(result: ItemResult, { say, fail, tell }: Listener): void {
  const { item, outcome, bytes, error } = result;
  if (tell !== undefined) return tell({ event: "image", ...itemOf(result) });
  const [from, to] = [formatTransportName(item.source), formatTransportName(item.destination)];
  switch (outcome) {
    case "failed":
      return fail(new SyncItemError(`${from} to ${to}`, error));
    case "pending":
      return say(`Would have copied image ${from} to ${to}`);
    case "unchanged":
      return say(`Unchanged ${to}`);
    case "copied":
      return say(`Copied ${from} to ${to} (${formatSize(bytes)})`);
    case "skipped":
      return;
  }
}

/** skopeo's lines: digest and name of what is at the destination now. */
export function digestLines(results: readonly ItemResult[]): string {
  return results
    .filter(({ digest }) => digest !== undefined)
    .map(({ item, digest }) => `${digest ?? ""} ${formatTransportName(item.destination)}\n`)
    .join("");
}
