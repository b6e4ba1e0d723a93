import { join } from "node:path";
import { isUnwritable } from "../error/index.ts";
import { readKept, writeFileAtomically } from "../io/index.ts";
import type { IdMap, IdMaps } from "../userns/index.ts";

const FILE = "ids.json";

/**
 * Whether the files of a store have the ids that the user's namespace has now. A store is told by its first user what they are;
 * ranges that were added later change nothing for the files that are there.
 */
export function hasSameIds(root: string, maps: IdMaps): boolean {
  const before = readIds(root);
  if (before !== undefined && !keepsIds(before, maps)) return false;
  if (before === undefined || JSON.stringify(before) !== JSON.stringify(maps)) rememberIds(root, maps);
  return true;
}

/** Writes down the ids that files of a store have from now on; a store that is not there yet is told later. */
export function rememberIds(root: string, { uids, gids }: IdMaps): void {
  try {
    writeFileAtomically(join(root, FILE), JSON.stringify({ uids, gids }), { mode: 0o600, sync: false });
  } catch (error) {
    if (!isUnwritable(error)) throw error; // it is asked again; deletes go on where nothing can be written
  }
}

/** Whether each id that was mapped is the same one on the host still. */
export function keepsIds(before: IdMaps, now: IdMaps): boolean {
  return covers(now.uids, before.uids) && covers(now.gids, before.gids);
}

function covers(now: readonly IdMap[], before: readonly IdMap[]): boolean {
  return before.every((old) =>
    now.some(
      ({ containerId, hostId, size }) =>
        hostId - containerId === old.hostId - old.containerId &&
        containerId <= old.containerId &&
        old.containerId + old.size <= containerId + size,
    ),
  );
}

function readIds(root: string): IdMaps | undefined {
  const value = readKept(join(root, FILE));
  if (typeof value !== "object" || value === null) return undefined;
  const { uids, gids } = value as Readonly<Record<string, unknown>>;
  return isMaps(uids) && isMaps(gids) ? { uids, gids } : undefined;
}

function isMaps(value: unknown): value is readonly IdMap[] {
  if (!Array.isArray(value)) return false;
  return value.every((map: unknown) => {
    if (typeof map !== "object" || map === null) return false;
    const { containerId, hostId, size } = map as Readonly<Record<string, unknown>>;
    return [containerId, hostId, size].every((number) => Number.isSafeInteger(number));
  });
}
