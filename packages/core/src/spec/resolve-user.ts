import { InvalidUserError, UnknownGroupError, UnknownUserError } from "./errors.ts";

/** Who a container's process runs as. Ids are the container's. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, without `gid` itself. */
  readonly additionalGids: readonly number[];
  /** From passwd; "/" where there is no entry, or "/root" for root. */
  readonly home: string;
  /** From passwd, when there is an entry. */
  readonly name?: string;
}

/** Contents of the image's /etc/passwd and /etc/group; empty where the image has none. */
export interface UserDatabase {
  readonly passwd: string;
  readonly group: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The largest id the kernel takes: 2^32 - 1 means "none". */
const MAX_ID = 2 ** 32 - 2;

/**
 * Resolves the user of a container as `--user` and an image's `User` spell it: name, uid, name:group, uid:gid.
 * Names need an entry in the image; numbers do not. A group given by hand leaves no supplementary groups from the
 * image; `extraGroups` (--group-add: names or numbers) come on top. The group itself is among them, as after a login: a set-group-ID
 * program would lose it otherwise, and with it what files deny to that group (CVE-2022-2989).
 *
 * @throws {UnknownUserError | UnknownGroupError | InvalidUserError}
 */
export function resolveUser(
  text: string,
  { passwd, group }: UserDatabase,
  extraGroups: readonly string[] = [],
): ResolvedUser {
  const [userText = "", groupText, ...rest] = text.split(":");
  if (rest.length > 0) throw new InvalidUserError(text, "expected USER or USER:GROUP");
  const groups = parseGroup(group);
  const { entry, uid } = findUser(userText === "" ? "0" : userText, parsePasswd(passwd));
  const gid = groupText === undefined || groupText === "" ? (entry?.gid ?? 0) : findGroup(groupText, groups);
  const fromImage =
    entry === undefined || (groupText !== undefined && groupText !== "")
      ? []
      : groups.filter(({ members }) => members.includes(entry.name)).map((found) => found.gid);
  const extra = extraGroups.map((name) => findGroup(name, groups));
  return {
    uid,
    gid,
    additionalGids: [...new Set([gid, ...fromImage, ...extra])],
    home: entry?.home ?? (uid === 0 ? "/root" : "/"),
    ...(entry === undefined ? {} : { name: entry.name }),
  };
}

function findUser(
  text: string,
  entries: readonly PasswdEntry[],
): { entry: PasswdEntry | undefined; uid: number } {
  const uid = parseId(text);
  const entry =
    entries.find(({ name }) => name === text) ??
    (uid === undefined ? undefined : entries.find((candidate) => candidate.uid === uid));
  if (entry !== undefined) return { entry, uid: entry.uid };
  if (uid === undefined) throw new UnknownUserError(text);
  if (uid > MAX_ID) throw new InvalidUserError(text, `user ids end at ${MAX_ID}`);
  return { entry: undefined, uid };
}

function findGroup(text: string, entries: readonly GroupEntry[]): number {
  const named = entries.find(({ name }) => name === text);
  if (named !== undefined) return named.gid;
  const gid = parseId(text);
  if (gid === undefined) throw new UnknownGroupError(text);
  if (gid > MAX_ID) throw new InvalidUserError(text, `group ids end at ${MAX_ID}`);
  return gid;
}

function parsePasswd(content: string): PasswdEntry[] {
  return content.split("\n").flatMap((line) => {
    const [name = "", , uidText = "", gidText = "", , home = ""] = line.split(":");
    const uid = parseId(uidText);
    const gid = parseId(gidText);
    if (name === "" || uid === undefined || gid === undefined) return [];
    return [{ name, uid, gid, home: home === "" ? "/" : home }];
  });
}

function parseGroup(content: string): GroupEntry[] {
  return content.split("\n").flatMap((line) => {
    const [name = "", , gidText = "", members = ""] = line.split(":");
    const gid = parseId(gidText);
    if (name === "" || gid === undefined) return [];
    return [{ name, gid, members: members.trim().split(",") }];
  });
}

function parseId(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
