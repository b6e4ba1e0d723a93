import { formatSize } from "@wherry/core/cli";
import type { SyncResult } from "@wherry/core/engine";
import { formatTransportName } from "@wherry/core/transport";
import { SyncItemError } from "./errors.ts";

/** Who is told what became of each image. */
export interface Listener {
  readonly say: (line: string) => void;
  readonly fail: (error: unknown) => void;
}

/** Tells what became of one image of many. */
export function tellResult({ item, outcome, bytes, error }: SyncResult, { say, fail }: Listener): void {
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
export function digestLines(results: readonly SyncResult[]): string {
  return results
    .filter(({ digest }) => digest !== undefined)
    .map(({ item, digest }) => `${digest ?? ""} ${formatTransportName(item.destination)}\n`)
    .join("");
}
