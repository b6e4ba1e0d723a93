import { alignColumns, formatSize } from "@wherry/core/cli";
import { summaryOf, type CopyPlan, type PlannedImage } from "@wherry/core/engine";
import { formatReference } from "@wherry/core/reference";
import { formatTransportName } from "@wherry/core/transport";

const HEADER = ["ACTION", "BLOBS", "BYTES", "MOUNTS", "PLATFORMS", "IMAGE"];

/** A plan as people read it: a line for each image and deletion, then what it comes to. */
export function planTable(plan: CopyPlan): string {
  const lines = [
    HEADER,
    ...plan.unlisted.map(({ source, why }) => ["fail", "", "", "", "", `docker://${source} (${why})`]),
    ...plan.images.map(imageLine),
    ...plan.deletions.map(({ reference }) => [
      "delete",
      "",
      "",
      "",
      "",
      `docker://${formatReference(reference)}`,
    ]),
  ];
  return `${alignColumns(lines.map((cells) => cells.join("\t")).join("\n"))}\n${summaryLine(plan)}\n`;
}

/** What a plan comes to, in one line. */
export function summaryLine(plan: CopyPlan): string {
  const { images, platforms, blobs, bytes, mounts, deletions, unchanged, failed } = summaryOf(plan);
  return [
    `${images} images to copy (${platforms} platforms, ${blobs} blobs, ${formatSize(bytes)}, ${mounts} mounts)`,
    `${unchanged} unchanged`,
    `${deletions} to delete`,
    `${failed} failed`,
  ].join(", ");
}

function imageLine({ item, outcome, blobs, platforms, current, error }: PlannedImage): string[] {
  const [from, to] = [formatTransportName(item.source), formatTransportName(item.destination)];
  const why = error instanceof Error ? ` (${error.message})` : "";
  const image = `${from} -> ${to}${why}`;
  if (outcome !== "copy") return [outcome === "failed" ? "fail" : "keep", "", "", "", "", image];
  const moved = blobs.filter(({ mountFrom }) => mountFrom === undefined);
  const bytes = moved.reduce((sum, { size }) => sum + size, 0);
  const action = current === undefined ? "copy" : "replace";
  const counts = [String(moved.length), formatSize(bytes), String(blobs.length - moved.length)];
  return [action, ...counts, platforms.join(",") || "-", image];
}
