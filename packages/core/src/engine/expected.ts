import type { Digest } from "../oci/index.ts";
import { formatTransportName, type ImageSource } from "../transport/index.ts";
import { PlanOutdatedError } from "./errors.ts";
import type { SyncItem } from "./image-sync.ts";

/** What both sides of an item were when it was planned. */
export interface Expected {
  /** What the source's name stood for. */
  readonly source: Digest;
  /** What the destination's name stood for; undefined when for nothing. */
  readonly current?: Digest;
  /** What it is to stand for; undefined where that is known only after layers were changed. */
  readonly digest?: Digest;
}

/** @throws {PlanOutdatedError} when a side is neither as planned nor as the plan wants it */
export function checkExpected(
  { source, destination, expected }: SyncItem,
  found: Digest,
  current: Digest | undefined,
): void {
  if (expected === undefined) return;
  if (found !== expected.source)
    throw new PlanOutdatedError(formatTransportName(source), expected.source, found);
  // where the new digest is not known, a copy that was killed at its end cannot be told from a stranger's
  if (expected.digest === undefined || current === expected.digest || current === expected.current) return;
  throw new PlanOutdatedError(formatTransportName(destination), expected.current, current);
}

/** The same source, which gives no other image than the one planned, even if its name moves now. */
export function pinned(opened: ImageSource, { source, expected }: SyncItem): ImageSource {
  if (expected === undefined) return opened;
  const readManifest = opened.readManifest.bind(opened);
  opened.readManifest = async (digest) => {
    const manifest = await readManifest(digest);
    const found = manifest.descriptor.digest;
    if (digest === undefined && found !== expected.source)
      throw new PlanOutdatedError(formatTransportName(source), expected.source, found);
    return manifest;
  };
  return opened;
}
