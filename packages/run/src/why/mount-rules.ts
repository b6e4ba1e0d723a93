import type { Evidence, MountFacts } from "./evidence.ts";
import type { Rule } from "./finding.ts";

const DENIED = /permission denied|EACCES/i;
const READ_ONLY = /read-only file system|EROFS/i;
/** A path in a program's complaint: `open '/data/x'`, `/data/x: Permission denied`. */
const PATH = /\/[^\s'"`:,;()]+/g;

/** Files that may not be written or read: by a mount's owner, or because nothing may be written there. */
export const mountRules: readonly Rule[] = [
  {
    cause: "mount-permission",
    look: (evidence) => {
      const said = linesOf(evidence).find((line) => DENIED.test(line));
      if (said === undefined) return undefined;
      const mount = mountOf(said, evidence.mounts);
      if (mount?.owner === undefined) return undefined;
      const { owner, source, destination } = mount;
      const { user } = evidence;
      const inside = owner.inside === undefined ? "nobody inside" : `container uid ${owner.inside}`;
      const host = user.host === undefined ? "" : ` (host uid ${user.host})`;
      return {
        says: `the program may not use ${destination}: its user is container uid ${user.inside}${host}, and ${source} belongs to host uid ${owner.host} (${inside})`,
        seen: [said, `${source} has mode ${owner.mode.toString(8).padStart(4, "0")}`],
        fixes: mountFixes(mount, evidence),
      };
    },
  },
  {
    cause: "read-only",
    look: (evidence) => {
      const said = linesOf(evidence).find((line) => READ_ONLY.test(line));
      if (said === undefined) return undefined;
      const mount = mountOf(said, evidence.mounts);
      if (mount?.isReadOnly === true)
        return {
          says: `the program writes to ${mount.destination}, which is mounted read-only`,
          seen: [said],
          fixes: [`take ro out of the mount of ${mount.destination}`],
        };
      if (!evidence.isReadOnly || mount !== undefined) return undefined;
      const [path = "/PATH"] = said.match(PATH) ?? [];
      const folder = path.replace(/\/[^/]*$/, "") || path;
      return {
        says: "the program writes to the root file system, which is read-only (--read-only)",
        seen: [said],
        fixes: [`give it a place to write: --tmpfs ${folder}, or a volume there; or leave --read-only out`],
      };
    },
  },
];

function linesOf({ output, startFailure }: Evidence): string[] {
  return [...(startFailure === undefined ? [] : [startFailure.message]), ...output.toReversed()];
}

/** The mount that a complaint is about: the deepest one over a path in it, or whose source it names. */
function mountOf(line: string, mounts: readonly MountFacts[]): MountFacts | undefined {
  const paths = line.match(PATH) ?? [];
  const covers = (folder: string) => paths.some((path) => `${path}/`.startsWith(`${folder}/`));
  return mounts
    .filter(({ destination, source }) => covers(destination) || covers(source))
    .sort((left, right) => right.destination.length - left.destination.length)[0];
}

function mountFixes({ owner, source, destination, isVolume }: MountFacts, { user }: Evidence): string[] {
  const chown = `-v ${source}:${destination}:U gives the files to the container's user`;
  if (isVolume) return [chown];
  if (owner?.isMe === true && user.inside !== 0)
    return [
      `--userns keep-id:uid=${user.inside} lets the program be you`,
      "--user 0 lets it be root of the container, which is you",
      chown,
    ];
  if (owner?.isMe === true) return [`chmod u+rwx ${source}`];
  return [`chown ${source} on the host to host uid ${user.host ?? user.inside}`, chown];
}
