import type { Isolation, ResolvedUser } from "../spec/index.ts";

/** A line of passwd(5) in parts. */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
}

export interface UserEntriesInput {
  /** As the image, or the container's last run, has them. */
  readonly passwd: string;
  readonly group: string;
  readonly user: ResolvedUser;
  readonly workingDir: string;
  readonly isolation: Pick<Isolation, "passwd" | "passwdEntry" | "groupEntry">;
  /** Users of the host that the container should know. */
  readonly hostUsers: readonly PasswdEntry[];
}

/** Lines to be added to a container's passwd and group, so that its user has a name; empty where there is one already. */
export interface UserEntries {
  readonly passwd: string;
  readonly group: string;
}

/** podman's lines: for the container's user when its id has no entry, and for users of the host. */
export function userEntries(input: UserEntriesInput): UserEntries {
  const { isolation, hostUsers, user, workingDir } = input;
  if (isolation.passwd === false) return { passwd: "", group: "" };
  const known = new Set([...idsOf(input.passwd)]);
  const names = new Set(input.passwd.split("\n").map((line) => line.split(":", 1)[0]));
  const lines: string[] = [];
  for (const entry of hostUsers) {
    if (known.has(entry.uid) || names.has(entry.name)) continue;
    known.add(entry.uid);
    lines.push(
      entry.uid === user.uid && isolation.passwdEntry !== undefined
        ? expandPasswd(isolation.passwdEntry, entry)
        : `${entry.name}:*:${entry.uid}:${entry.gid}:${entry.comment}:${entry.home}:/bin/sh`,
    );
  }
  if (!known.has(user.uid)) {
    const name = String(user.uid);
    const entry = { name, uid: user.uid, gid: user.gid, comment: "container user", home: workingDir };
    lines.push(expandPasswd(isolation.passwdEntry ?? "$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh", entry));
  }
  const group = new Set(idsOf(input.group)).has(user.gid)
    ? []
    : [expandGroup(isolation.groupEntry ?? "$GROUPNAME:x:$GID:$USERLIST", user.gid, hostUsers)];
  return { passwd: appended(input.passwd, lines), group: appended(input.group, group) };
}

/** The lines, after the end of a last line that has none. */
function appended(before: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `${before === "" || before.endsWith("\n") ? "" : "\n"}${lines.join("\n")}\n`;
}

function idsOf(table: string): number[] {
  return table
    .split("\n")
    .map((line) => line.split(":")[2])
    .filter((id) => id !== undefined && id !== "")
    .map(Number);
}

function expandPasswd(text: string, { name, uid, gid, comment, home }: PasswdEntry): string {
  return expand(text, { USERNAME: name, UID: String(uid), GID: String(gid), NAME: comment, HOME: home });
}

function expandGroup(text: string, gid: number, hostUsers: readonly PasswdEntry[]): string {
  const members = hostUsers.filter((entry) => entry.gid === gid).map(({ name }) => name);
  return expand(text, {
    GROUPNAME: members[0] ?? String(gid),
    GID: String(gid),
    USERLIST: members.join(","),
  });
}

function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole).replace(/\n+$/, "");
}

/** An entry of passwd(5) by name or uid. */
export function findPasswdEntry(table: string, text: string): PasswdEntry | undefined {
  for (const line of table.split("\n")) {
    const [name = "", , uid = "", gid = "", comment = "", home = ""] = line.split(":");
    if (name !== "" && uid !== "" && (name === text || uid === text))
      return { name, uid: Number(uid), gid: Number(gid), comment, home };
  }
  return undefined;
}
