import type { CacheMounts, LayerWorker, Store } from "@wherry/core/store";

/** Something the build cache keeps: the result of a step, or the folder of `RUN --mount=type=cache`. */
export interface CacheRecord {
  readonly kind: "step" | "mount";
  readonly key: string;
  /** The instruction, or the mount's id. */
  readonly text: string;
  /** Bytes on the disk. */
  readonly size: number;
  readonly created: Date;
  readonly used: Date;
  /** What takes the room; records that share it take it once. */
  readonly content: string;
}

/** All that is kept, what was used last first. */
export async function cacheRecords(
  { buildCache, cacheMounts }: { buildCache: Store["buildCache"]; cacheMounts: CacheMounts },
  worker: () => Promise<LayerWorker>,
): Promise<CacheRecord[]> {
  const steps = buildCache.list().map(({ key, text, size, created, used, entry }): CacheRecord => ({
    ...{ kind: "step", key, text, size, created, used },
    content: (entry as { layer?: { diffId?: string } | null }).layer?.diffId ?? key,
  }));
  const mounts: CacheRecord[] = [];
  for (const { key, id, path, created, used } of cacheMounts.list()) {
    const { size } = await (await worker()).call<{ size: number }>("treeSize", { path });
    mounts.push({ kind: "mount", key, text: `cache mount ${id}`, size, created, used, content: key });
  }
  return [...steps, ...mounts].sort((a, b) => b.used.getTime() - a.used.getTime());
}

export interface PruneLimits {
  /** Keeps what was used since. */
  readonly usedBefore?: Date;
  /** Keeps what was used last, as far as it takes no more bytes than that. */
  readonly keepBytes?: number;
}

/** What has to go: all that is older, and then what was not used for longest until the rest fits. Without limits everything. */
export function selectStale(
  records: readonly CacheRecord[],
  { usedBefore, keepBytes }: PruneLimits,
): CacheRecord[] {
  if (usedBefore === undefined && keepBytes === undefined) return [...records];
  const kept = new Set<string>();
  let bytes = 0;
  let isFull = false;
  return [...records]
    .sort((a, b) => b.used.getTime() - a.used.getTime())
    .filter(({ used, size, content }) => {
      if (usedBefore !== undefined && used < usedBefore) return true;
      if (keepBytes === undefined || kept.has(content)) return false;
      isFull ||= bytes + size > keepBytes;
      if (isFull) return true;
      bytes += size;
      kept.add(content);
      return false;
    });
}
