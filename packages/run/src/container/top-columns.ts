import { formatDuration, formatSize, UsageError } from "@wherry/core/cli";
import type { ProcessInfo } from "@wherry/core/container";
import { capabilityList } from "./capability-list.ts";

/** Names for ids: of the container's users and of the host's. */
export interface IdNames {
  readonly user: (uid: number) => string;
  readonly group: (gid: number) => string;
  readonly hostUser: (uid: number) => string;
  readonly hostGroup: (gid: number) => string;
  /** Bytes of memory that the host has. */
  readonly memory: number;
  readonly now: Date;
}

interface Column {
  readonly heading: string;
  readonly value: (process: ProcessInfo, names: IdNames) => string;
}

const SECCOMP = ["disabled", "strict", "filter"];

/** podman's format descriptors (podman-top(1)), and rss, pmem, uid, gid, huid, hgid. */
const COLUMNS: Readonly<Record<string, Column>> = {
  args: { heading: "COMMAND", value: ({ args }) => args.join(" ") },
  capamb: { heading: "AMBIENT CAPS", value: ({ capabilities }) => capabilityList(capabilities.amb) },
  capbnd: { heading: "BOUNDING CAPS", value: ({ capabilities }) => capabilityList(capabilities.bnd) },
  capeff: { heading: "EFFECTIVE CAPS", value: ({ capabilities }) => capabilityList(capabilities.eff) },
  capinh: { heading: "INHERITED CAPS", value: ({ capabilities }) => capabilityList(capabilities.inh) },
  capprm: { heading: "PERMITTED CAPS", value: ({ capabilities }) => capabilityList(capabilities.prm) },
  comm: { heading: "COMMAND", value: ({ command }) => command },
  etime: { heading: "ELAPSED", value: ({ elapsedMs }) => formatDuration(Math.round(elapsedMs)) },
  gid: { heading: "GID", value: ({ gid }) => String(gid.container) },
  group: { heading: "GROUP", value: ({ gid }, { group }) => group(gid.container) },
  groups: {
    heading: "GROUPS",
    value: ({ groups }, { group }) => groups.map(({ container }) => group(container)).join(",") || "-",
  },
  hgid: { heading: "HGID", value: ({ gid }) => String(gid.host) },
  hgroup: { heading: "HGROUP", value: ({ gid }, { hostGroup }) => hostGroup(gid.host) },
  hgroups: {
    heading: "HGROUPS",
    value: ({ groups }, { hostGroup }) => groups.map(({ host }) => hostGroup(host)).join(",") || "-",
  },
  hpid: { heading: "HPID", value: ({ pid }) => String(pid.host) },
  huid: { heading: "HUID", value: ({ uid }) => String(uid.host) },
  huser: { heading: "HUSER", value: ({ uid }, { hostUser }) => hostUser(uid.host) },
  label: { heading: "LABEL", value: ({ label }) => (label === "" ? "-" : label) },
  nice: { heading: "NI", value: ({ nice }) => String(nice) },
  pcpu: {
    heading: "%CPU",
    value: ({ cpuMs, elapsedMs }) => (elapsedMs === 0 ? "0.000" : ((cpuMs / elapsedMs) * 100).toFixed(3)),
  },
  pgid: { heading: "PGID", value: ({ pgid }) => String(pgid.container) },
  pid: { heading: "PID", value: ({ pid }) => String(pid.container) },
  pmem: { heading: "%MEM", value: ({ resident }, { memory }) => ((resident / memory) * 100).toFixed(2) },
  ppid: { heading: "PPID", value: ({ ppid }) => String(ppid.container) },
  rgroup: { heading: "RGROUP", value: ({ realGid }, { group }) => group(realGid.container) },
  rss: { heading: "RSS", value: ({ resident }) => formatSize(resident, "") },
  ruser: { heading: "RUSER", value: ({ realUid }, { user }) => user(realUid.container) },
  seccomp: { heading: "SECCOMP", value: ({ seccomp }) => SECCOMP[seccomp] ?? "?" },
  state: { heading: "STATE", value: ({ state }) => state },
  stime: {
    heading: "STIME",
    value: ({ elapsedMs }, { now }) => new Date(now.getTime() - elapsedMs).toISOString().slice(0, 19),
  },
  time: { heading: "TIME", value: ({ cpuMs }) => formatDuration(cpuMs) },
  tty: { heading: "TTY", value: ({ tty }) => ttyName(tty) },
  uid: { heading: "UID", value: ({ uid }) => String(uid.container) },
  user: { heading: "USER", value: ({ uid }, { user }) => user(uid.container) },
  vsz: { heading: "VSZ", value: ({ virtual }) => String(Math.trunc(virtual / 1024)) },
};

/** ps(1)'s codes and other spellings. */
const ALIASES: Readonly<Record<string, string>> = {
  "%C": "pcpu",
  "%G": "group",
  "%P": "ppid",
  "%U": "user",
  "%a": "args",
  "%c": "comm",
  "%g": "rgroup",
  "%n": "nice",
  "%p": "pid",
  "%r": "pgid",
  "%t": "etime",
  "%u": "ruser",
  "%x": "time",
  "%y": "tty",
  "%z": "vsz",
  cmd: "comm",
  command: "args",
  elapsed: "etime",
  ucomm: "comm",
};

/** What podman shows when nothing is asked. */
const DEFAULT = ["user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"];

/** All names of columns. */
export const DESCRIPTORS: readonly string[] = Object.keys(COLUMNS);

/**
 * The columns that descriptors ask for.
 *
 * @throws {UsageError}
 */
export function topColumns(descriptors: readonly string[]): Column[] {
  const names = descriptors.flatMap((text) => text.split(",")).filter((text) => text !== "");
  return (names.length === 0 ? DEFAULT : names).map((name) => {
    const column = COLUMNS[ALIASES[name] ?? name.toLowerCase()];
    if (column === undefined)
      throw new UsageError(`unknown descriptor ${JSON.stringify(name)}: known are ${DESCRIPTORS.join(", ")}`);
    return column;
  });
}

/** tty_nr of proc(5). */
function ttyName(device: number): string {
  if (device === 0) return "?";
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  return major === 4 ? `tty${minor}` : `${major}:${minor}`;
}
