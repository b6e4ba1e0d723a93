import { NoSubIdsError } from "./errors.ts";

/** One range of ids: `size` ids from `containerId` on are `hostId` and following outside (user_namespaces(7)). */
export interface IdMap {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

export interface IdMaps {
  readonly uids: readonly IdMap[];
  readonly gids: readonly IdMap[];
}

export interface SubIdOwner {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  /** Content of subuid(5) and subgid(5). */
  readonly subuid: string;
  readonly subgid: string;
  /** Folder of the two files, for messages; default /etc. */
  readonly etc?: string;
}

interface Range {
  readonly first: number;
  readonly size: number;
}

/** The kernel takes at most this many lines in a map. */
const MAX_RANGES = 340;
const MAX_ID = 2 ** 32 - 2;

/**
 * The maps of a user's namespace: 0 is the user, 1 and following are the subordinate ids, in the order of the files.
 * Ranges may be given to the user's name or to the uid.
 *
 * @throws {NoSubIdsError} naming the file and the line to add.
 */
export function planIdMaps(owner: SubIdOwner): IdMaps {
  const { uid, gid, subuid, subgid, etc = "/etc" } = owner;
  return {
    uids: planRanges(uid, subuid, `${etc}/subuid`, owner),
    gids: planRanges(gid, subgid, `${etc}/subgid`, owner),
  };
}

/** The map as /proc/PID/uid_map shows it and as newuidmap takes it, numbers in rows. */
export function formatIdMap(maps: readonly IdMap[]): string[] {
  return maps.flatMap(({ containerId, hostId, size }) => [containerId, hostId, size].map(String));
}

function planRanges(own: number, content: string, file: string, { uid, userName }: SubIdOwner): IdMap[] {
  const lines = content.split("\n").map((line) => line.split(":"));
  const ranges = lines
    .filter(([owner]) => owner === userName || owner === String(uid))
    .flatMap(([, first, size]) => parseRange(first, size))
    .slice(0, MAX_RANGES - 1);
  if (ranges.length === 0) throw new NoSubIdsError(file, userName, `${userName}:${firstFree(lines)}:65536`);
  const maps: IdMap[] = [{ containerId: 0, hostId: own, size: 1 }];
  let containerId = 1;
  for (const { first, size } of ranges) {
    maps.push({ containerId, hostId: first, size });
    containerId += size;
  }
  return maps;
}

function parseRange(first: string | undefined, size: string | undefined): Range[] {
  const range = { first: Number(first), size: Number(size) };
  const usable =
    Number.isSafeInteger(range.first) &&
    Number.isSafeInteger(range.size) &&
    range.first > 0 &&
    range.size > 0;
  return usable && range.first + range.size - 1 <= MAX_ID ? [range] : [];
}

/** Where a new range of 65536 ids fits behind all others, as useradd(8) would place it. */
function firstFree(lines: readonly string[][]): number {
  const ends = lines
    .flatMap(([, first, size]) => parseRange(first, size))
    .map(({ first, size }) => first + size);
  return Math.max(100_000, ...ends);
}
