import type { ExtraTag, PlannedImage, SyncResult } from "@wherry/core/engine";
import { WherryError } from "@wherry/core/error";
import { formatReference } from "@wherry/core/reference";
import { formatTransportName } from "@wherry/core/transport";
import type { PlanFailure } from "./sync-plan.ts";

/** What became of an image; `pending`: it would be copied. */
export type ItemResult = Omit<SyncResult, "outcome"> & {
  readonly outcome: SyncResult["outcome"] | "pending";
};

/** A planned image, as a result of a dry run. */
export function asResult({ item, outcome, digest, blobs, error }: PlannedImage): ItemResult {
  const moved = blobs.filter(({ mountFrom }) => mountFrom === undefined);
  return {
    item,
    outcome: outcome === "copy" ? "pending" : outcome,
    ...(digest === undefined ? {} : { digest }),
    bytes: moved.reduce((sum, { size }) => sum + size, 0),
    ...(error === undefined ? {} : { error }),
  };
}

/** What `--report` writes. */
export interface SyncReport {
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<ItemResult["outcome"] | "deleted" | "bytes", number>>;
  readonly items: readonly ReportItem[];
  /** Tags of the destination that nobody asked for, where they were to be deleted. */
  readonly extra: readonly {
    readonly name: string;
    readonly outcome: ExtraTag["outcome"];
    readonly error?: ReportError;
  }[];
}

interface ReportError {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}

interface ReportItem {
  readonly source: string;
  /** Absent for a repository whose tags could not be listed. */
  readonly destination?: string;
  readonly outcome: ItemResult["outcome"];
  readonly digest?: string;
  readonly bytes: number;
  readonly error?: ReportError;
}

/** All that happened, in the order of the source. */
export function reportOf(
  results: readonly ItemResult[],
  failures: readonly PlanFailure[],
  extra: readonly ExtraTag[],
  dryRun: boolean,
): SyncReport {
  const items: ReportItem[] = [
    ...failures.map(({ source, error }) => ({
      source: `docker://${source}`,
      outcome: "failed" as const,
      bytes: 0,
      error: describe(error),
    })),
    ...results.map(itemOf),
  ];
  const summary = { copied: 0, unchanged: 0, pending: 0, failed: 0, skipped: 0, deleted: 0, bytes: 0 };
  for (const { outcome, bytes } of items) {
    summary[outcome] += 1;
    summary.bytes += bytes;
  }
  for (const { outcome } of extra) if (outcome !== "pending") summary[outcome] += 1;
  return { dryRun, summary, items, extra: extra.map(describeExtra) };
}

/** What became of an image, as reports and `--progress json` tell it. */
export function itemOf({ item, outcome, digest, bytes, error }: ItemResult): ReportItem {
  return {
    source: formatTransportName(item.source),
    destination: formatTransportName(item.destination),
    outcome,
    ...(digest === undefined ? {} : { digest }),
    bytes,
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

/** 0 when all is done, 5 when only a part is, 1 when nothing is. */
export function exitStatusOf({ summary }: SyncReport): number {
  if (summary.failed === 0) return 0;
  return summary.copied + summary.unchanged + summary.pending > 0 ? 5 : 1;
}

function describeExtra({ reference, outcome, error }: ExtraTag): SyncReport["extra"][number] {
  const name = `docker://${formatReference(reference)}`;
  return { name, outcome, ...(error === undefined ? {} : { error: describe(error) }) };
}

function describe(error: unknown): ReportError {
  if (!(error instanceof WherryError))
    return { message: error instanceof Error ? error.message : String(error) };
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
