import { UserMapError } from "./errors.ts";
import type { IdMap, IdMaps } from "./id-maps.ts";

/** What `--userns`, `--uidmap` and their kin ask for. */
export type UserMode =
  | { readonly kind: "host" }
  /** The user keeps its ids inside, or has these; everybody else comes from the subordinate ids. */
  | { readonly kind: "keep-id"; readonly uid?: number; readonly gid?: number; readonly size?: number }
  /** The user itself is nobody inside. */
  | { readonly kind: "nomap" }
  /** Ids that no other container has. */
  | { readonly kind: "auto"; readonly size?: number }
  /** The namespace of another container, as the user named it. */
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "path"; readonly path: string }
  /** Maps of the user's own, as `--uidmap` and `--gidmap` have them. */
  | { readonly kind: "maps"; readonly uids: readonly string[]; readonly gids: readonly string[] }
  /** The ids that subuid(5) and subgid(5) give to a name. */
  | { readonly kind: "sub-ids"; readonly uidName: string; readonly gidName: string };

/** What is planned; the others are there already. */
export type PlannedMode = Exclude<UserMode, { kind: "container" | "path" }>;

/** podman's size of an automatic namespace, as far as the ids reach. */
const AUTO_SIZE = 65_536;

/**
 * Reads `--userns host|keep-id[:uid=N,gid=N,size=N]|nomap|auto[:size=N]|container:NAME|ns:PATH`.
 *
 * @throws {UserMapError}
 */
export function parseUserMode(text: string): UserMode {
  const colon = text.indexOf(":");
  const word = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? "" : text.slice(colon + 1);
  switch (word) {
    case "":
    case "host":
    case "nomap":
      if (rest !== "") throw new UserMapError(`--userns ${text}`, `${word} takes no options`);
      return { kind: word === "nomap" ? word : "host" };
    case "keep-id":
      return { kind: word, ...parseNumbers(text, rest, ["uid", "gid", "size"]) };
    case "auto":
      return { kind: word, ...parseNumbers(text, rest, ["size"]) };
    case "container":
      if (rest === "") break;
      return { kind: word, container: rest };
    case "ns":
      if (!rest.startsWith("/")) break;
      return { kind: "path", path: rest };
  }
  throw new UserMapError(
    `--userns ${text}`,
    "unrecognized user namespace mode: expected host, keep-id, nomap, auto, container:NAME or ns:/PATH",
  );
}

function parseNumbers(text: string, list: string, names: readonly string[]): Record<string, number> {
  const pairs = list.split(",").filter((part) => part !== "");
  return Object.fromEntries(
    pairs.map((part) => {
      const [, name = "", number = ""] = /^(\w+)=(\d{1,10})$/.exec(part) ?? [];
      if (!names.includes(name))
        throw new UserMapError(
          `--userns ${text}`,
          `${JSON.stringify(part)}: expected ${names.join("=N, ")}=N`,
        );
      return [name, Number(number)];
    }),
  );
}

/**
 * Reads the values of `--uidmap` and `--gidmap`, CONTAINER:FROM[:AMOUNT]: FROM counts in the user's namespace, where 0 is the user
 * itself; `@FROM` is an id of the host. Without group maps the groups are mapped as the users.
 *
 * @param base maps of the user's namespace
 * @throws {UserMapError}
 */
export function parseIdMaps(uids: readonly string[], gids: readonly string[], base: IdMaps): IdMaps {
  const [users, groups] = [uids.length > 0 ? uids : gids, gids.length > 0 ? gids : uids];
  return {
    uids: users.map((text) => parseMap("uidmap", text, base.uids)),
    gids: groups.map((text) => parseMap("gidmap", text, base.gids)),
  };
}

function parseMap(flag: string, text: string, base: readonly IdMap[]): IdMap {
  const [, inside, at, from, amount = "1"] = /^(\d{1,10}):(@?)(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? [];
  if (inside === undefined || from === undefined || Number(amount) < 1)
    throw new UserMapError(`--${flag} ${text}`, "expected CONTAINER:FROM[:AMOUNT]");
  const size = Number(amount);
  const hostId = at === "@" ? insideOf(base, Number(from), size) : Number(from);
  const isMapped =
    hostId !== undefined &&
    base.some(({ containerId, size: length }) => containerId <= hostId && hostId < containerId + length) &&
    hostId + size <= sizeOf(base);
  if (!isMapped)
    throw new UserMapError(
      `--${flag} ${text}`,
      `only ids below ${sizeOf(base)} of your namespace can be given on`,
    );
  return { containerId: Number(inside), hostId, size };
}

/** The ids of the host, as the user's namespace counts them. */
function insideOf(base: readonly IdMap[], hostId: number, size: number): number | undefined {
  const map = base.find((each) => each.hostId <= hostId && hostId + size <= each.hostId + each.size);
  return map === undefined ? undefined : map.containerId + hostId - map.hostId;
}

/** How many ids there are, from 0 on. */
function sizeOf(maps: readonly IdMap[]): number {
  return Math.max(0, ...maps.map(({ containerId, size }) => containerId + size));
}

export interface PlanOptions {
  /** Maps of the user's namespace. */
  readonly base: IdMaps;
  readonly uid: number;
  readonly gid: number;
  /** Of other containers with automatic maps. */
  readonly taken: readonly IdMaps[];
  /** Contents of subuid(5) and subgid(5). */
  readonly subuid?: string;
  readonly subgid?: string;
}

/**
 * The maps of a container's own namespace below the user's; undefined where it lives in the user's.
 *
 * @throws {UserMapError} when there are not enough ids
 */
export function planUserMaps(mode: PlannedMode, options: PlanOptions): IdMaps | undefined {
  const maps = plan(mode, options);
  const { base } = options;
  return maps === undefined
    ? undefined
    : { uids: splitRanges(maps.uids, base.uids), gids: splitRanges(maps.gids, base.gids) };
}

/** The kernel wants each range inside one range of the namespace above. */
function splitRanges(maps: readonly IdMap[], base: readonly IdMap[]): IdMap[] {
  return maps.flatMap(({ containerId, hostId, size }) =>
    base.flatMap((range): IdMap[] => {
      const first = Math.max(hostId, range.containerId);
      const end = Math.min(hostId + size, range.containerId + range.size);
      return first < end
        ? [{ containerId: containerId + first - hostId, hostId: first, size: end - first }]
        : [];
    }),
  );
}

function plan(
  mode: PlannedMode,
  { base, uid, gid, taken, subuid = "", subgid = "" }: PlanOptions,
): IdMaps | undefined {
  switch (mode.kind) {
    case "host":
      return undefined;
    case "maps":
      return parseIdMaps(mode.uids, mode.gids, base);
    case "sub-ids":
      return {
        uids: subIds("subuidname", mode.uidName, subuid, base.uids),
        gids: subIds("subgidname", mode.gidName, subgid, base.gids),
      };
    case "keep-id":
      return {
        uids: keepId(mode.uid ?? uid, mode.size, sizeOf(base.uids)),
        gids: keepId(mode.gid ?? gid, mode.size, sizeOf(base.gids)),
      };
    case "nomap":
      return { uids: withoutFirst(base.uids), gids: withoutFirst(base.gids) };
    case "auto":
      return {
        uids: unused(
          base.uids,
          mode.size,
          taken.map(({ uids }) => uids),
        ),
        gids: unused(
          base.gids,
          mode.size,
          taken.map(({ gids }) => gids),
        ),
      };
  }
}

/** The ranges of a name, one after the other from 0 on. */
function subIds(flag: string, name: string, table: string, base: readonly IdMap[]): IdMap[] {
  let containerId = 0;
  const maps = table.split("\n").flatMap((line): IdMap[] => {
    const [owner, first, length] = line.split(":");
    if (owner !== name) return [];
    const size = Number(length);
    const hostId = insideOf(base, Number(first), size);
    if (hostId === undefined) return [];
    containerId += size;
    return [{ containerId: containerId - size, hostId, size }];
  });
  if (maps.length > 0) return maps;
  throw new UserMapError(`--${flag} ${name}`, "it has no subordinate ids that are yours to give on");
}

/** The user is `id` inside; the ids below come from the first subordinate ones, those above keep their number. */
function keepId(id: number, size: number | undefined, total: number): IdMap[] {
  const most = Math.min(size ?? total, total);
  const below = Math.min(id, most - 1);
  const above = most - id - 1;
  return [
    ...(below > 0 ? [{ containerId: 0, hostId: 1, size: below }] : []),
    { containerId: id, hostId: 0, size: 1 },
    ...(above > 0 ? [{ containerId: id + 1, hostId: id + 1, size: above }] : []),
  ];
}

function withoutFirst(base: readonly IdMap[]): IdMap[] {
  const size = sizeOf(base) - 1;
  if (size < 1) throw new UserMapError("--userns nomap", "you have no subordinate ids");
  return [{ containerId: 0, hostId: 1, size }];
}

/** A range of subordinate ids that no other container has. */
function unused(
  base: readonly IdMap[],
  asked: number | undefined,
  taken: readonly (readonly IdMap[])[],
): IdMap[] {
  const total = sizeOf(base);
  const ranges = taken
    .flat()
    .map(({ hostId, size }) => ({ start: hostId, end: hostId + size }))
    .sort((left, right) => left.start - right.start);
  let start = 1;
  const gaps: { start: number; size: number }[] = [];
  for (const range of [...ranges, { start: total, end: total }]) {
    if (range.start > start) gaps.push({ start, size: range.start - start });
    start = Math.max(start, range.end);
  }
  const size = asked ?? Math.min(AUTO_SIZE, Math.max(1024, Math.floor((total - 1) / 8)));
  const gap = gaps.find((each) => each.size >= size);
  if (gap === undefined || size < 1)
    throw new UserMapError(
      "--userns auto",
      `no ${size} subordinate ids are left that no other container has`,
    );
  return [{ containerId: 0, hostId: gap.start, size }];
}
