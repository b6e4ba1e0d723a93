import type { Overlay } from "./overlay.ts";

export interface Launch {
  readonly overlay: Overlay;
  /** See `Cgroups.cover`. */
  readonly cover?: string | undefined;
  /** Trees to copy, owners and all, once the overlay is mounted: an image's content into new volumes. */
  readonly copies?: readonly Copy[];
  /** Whether it runs in a network namespace of its own: it then says so by a line on file descriptor 4. */
  readonly hasNetwork?: boolean;
  /** Whether to wait for a line on file descriptor 4 before `program` starts. */
  readonly waits?: boolean;
  /** Command to run when the other end of file descriptor 4 is closed before a line came through it. */
  readonly guard?: readonly string[];
  /** Added to the environment of `program`. */
  readonly exports?: Readonly<Record<string, string>>;
  /** Folder in which `program` starts. */
  readonly folder: string;
  /** What the shell becomes. */
  readonly program: readonly string[];
}

export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** Exit status of the script when no overlay can be mounted. */
export const OVERLAY_FAILED = 90;

/**
 * The sh script that runs in a mount namespace of its own, mounts the container's layers there and becomes the monitor
 * (or the runtime). What it mounts is gone when the last process of the container is.
 */
export function launchScript(launch: Launch): string {
  const {
    overlay,
    cover,
    copies = [],
    hasNetwork = false,
    waits = false,
    guard,
    exports = {},
    folder,
    program,
  } = launch;
  return [
    "set -e",
    ...(hasNetwork ? ["echo entered >&4", `echo "0 0" >/proc/sys/net/ipv4/ping_group_range`] : []),
    ...(cover === undefined ? [] : [`mount --bind ${quote(cover)} /sys/fs/cgroup`]),
    `cd ${quote(overlay.links)}`,
    ...mountLines(overlay),
    ...copies.map(({ from, to }) => `cp -a -- ${quote(`${from}/.`)} ${quote(`${to}/`)}`),
    `cd ${quote(folder)}`,
    ...Object.entries(exports).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(guard === undefined ? [] : [guardLine(guard)]),
    ...(waits ? ["read -r _ <&4"] : []),
    `exec ${program.map(quote).join(" ")}${waits || guard !== undefined ? " 4>&-" : ""}`,
  ].join("\n");
}

/** A command line of sh for these arguments. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function guardLine(command: readonly string[]): string {
  return `{ read -r _ <&4 || exec ${command.map(quote).join(" ")}; } >/dev/null 2>&1 3>&- &`;
}

/** Newer mount(8) hands each option over alone, where 256 bytes are the limit: it is told to use the old call. */
function mountLines({ options, target }: Overlay): string[] {
  const to = quote(target);
  return [
    `LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o ${options},userxattr ${to} || {`,
    `  command -v fuse-overlayfs >/dev/null && fuse-overlayfs -o ${options} ${to} 3>&- 4>&- 5>&- || exit ${OVERLAY_FAILED}`,
    "}",
  ];
}
