import { ok, type Check, type Finding } from "./finding.ts";
import type { HostView } from "./host-view.ts";

/** Images use ids up to 65535 (nobody is 65534). */
const ENOUGH_IDS = 65_536;
const FIRST_ID = 100_000;
const SETUID_AND_SETGID = 0o6000;

/** Subordinate ids, and the programs that may use them. */
export const idChecks: readonly Check[] = [
  { id: "sub-ids", title: "Subordinate ids", look: subIds },
  { id: "newuidmap", title: "newuidmap and newgidmap", look: mapPrograms },
  { id: "newuidmap-setuid", title: "Privilege of newuidmap", look: mapPrivilege },
];

function subIds(host: HostView): Finding {
  if (host.uid === 0) return ok("root needs none");
  const uids = rangesOf(host, "/etc/subuid");
  const gids = rangesOf(host, "/etc/subgid");
  const least = Math.min(total(uids.own), total(gids.own));
  if (least >= ENOUGH_IDS) return ok(`${total(uids.own)} user ids, ${total(gids.own)} group ids`);
  const first = Math.max(FIRST_ID, uids.end, gids.end);
  const range = `${first}-${first + ENOUGH_IDS - 1}`;
  const nss =
    /^subid:/m.exec(host.readText("/etc/nsswitch.conf") ?? "") === null
      ? ""
      : " (nsswitch.conf has further sources)";
  return {
    level: least === 0 ? "failure" : "warning",
    found:
      least === 0 ? `none for ${host.userName} in /etc/subuid and /etc/subgid${nss}` : `${least} ids${nss}`,
    lost:
      least === 0
        ? "no image can be unpacked, no container can run"
        : `images with ids from ${least} on cannot be unpacked`,
    fix: { asRoot: `usermod --add-subuids ${range} --add-subgids ${range} ${host.userName}` },
  };
}

interface Range {
  readonly first: number;
  readonly size: number;
}

/** The user's ranges of subuid(5) or subgid(5), and the first id after all ranges. */
function rangesOf({ readText, userName, uid }: HostView, path: string): { own: Range[]; end: number } {
  const own: Range[] = [];
  let end = 0;
  for (const line of readText(path)?.split("\n") ?? []) {
    const [owner, first, size] = line.split(":");
    const range = { first: Number(first), size: Number(size) };
    if (owner === undefined || !(range.size > 0)) continue;
    end = Math.max(end, range.first + range.size);
    if (owner === userName || owner === String(uid)) own.push(range);
  }
  return { own, end };
}

function total(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { size }) => sum + size, 0);
}

function mapPrograms({ find, uid }: HostView): Finding {
  const missing = ["newuidmap", "newgidmap"].filter((program) => find(program) === undefined);
  if (missing.length === 0) return ok(find("newuidmap") ?? "");
  return {
    level: uid === 0 ? "note" : "failure",
    found: `${missing.join(" and ")} not found`,
    lost: "containers have only one user id",
    fix: { install: { apt: "uidmap", dnf: "shadow-utils", apk: "shadow-subids", pacman: "shadow" } },
  };
}

/** setuid and setgid root, or (Fedora, Arch) a file capability. */
async function mapPrivilege(host: HostView): Promise<Finding> {
  const programs = ["newuidmap", "newgidmap"].flatMap((name) => host.find(name) ?? []);
  const weak: string[] = [];
  for (const program of programs) {
    const stat = host.stat(program);
    const setuid = stat?.uid === 0 && (stat.mode & SETUID_AND_SETGID) !== 0;
    if (!setuid && !((await host.outputOf("getcap", program)) ?? "").includes("cap_set")) weak.push(program);
  }
  if (weak.length === 0) return ok(programs.length === 0 ? "not installed" : "setuid root or capability");
  return {
    level: host.uid === 0 ? "note" : "failure",
    found: `${weak.join(" and ")} neither setuid root nor with a file capability`,
    lost: "no container can run",
    fix: { asRoot: `chmod u+s ${weak.join(" ")}` },
  };
}
