import type { Overlay } from "./overlay.ts";
import { preparationLines, type Preparation } from "./preparations.ts";
import { quote } from "./quote.ts";

/** What a shell does first in its new namespaces. */
export interface Enter {
  /** See `Cgroups.cover`. */
  readonly cover?: string | undefined;
  /** Whether it is in a network namespace of its own: it then says so by a line on file descriptor 4. */
  readonly hasNetwork?: boolean;
}

export interface Launch extends Enter {
  readonly overlay: Overlay;
  /** Other overlays to mount before it. */
  readonly trees?: readonly Overlay[];
  /** Files to put into memory; their contents come as lines of base64 on file descriptor 5, in order. */
  readonly secrets?: SecretFiles;
  /** What is done once the overlay is mounted. */
  readonly preparations?: readonly Preparation[];
  /** Whose the paths become, in the ids of the user's namespace, before the overlay is mounted. */
  readonly owner?: { readonly uid: number; readonly gid: number; readonly paths: readonly string[] };
  /** Folder where the root file system is seen too. */
  readonly alias?: string;
  /** Files to put at the end of others, once the overlay is mounted. */
  readonly appends?: readonly Copy[];
  /** Kernel parameters; those of the network namespace, which was made for it, are set. */
  readonly networkSysctl?: Readonly<Record<string, string>>;
  /** Whether to wait for a line on file descriptor 4 before `program` starts. */
  readonly waits?: boolean;
  /** Waits beside `program` for the word to start the container. */
  readonly guard?: Guard;
  /** Descriptors that `program` hands on to the container. */
  readonly handed?: HandedFds;
  /** Added to the environment of `program`. */
  readonly exports?: Readonly<Record<string, string>>;
  /** Lines of sh to run before `program`, when all else is mounted. */
  readonly lines?: readonly string[];
  /** Folder in which `program` starts. */
  readonly folder: string;
  /** What the shell becomes. */
  readonly program: readonly string[];
}

/** Descriptors on their way to a container, which has them from 3 on. */
export interface HandedFds {
  /** Where the first of them is, until `program` starts. */
  readonly first: number;
  readonly count: number;
  /** One more that `program` keeps. */
  readonly lifeline: number | undefined;
}

/** Files below a folder that is made a file system in memory. */
export interface SecretFiles {
  readonly folder: string;
  readonly files: readonly {
    readonly name: string;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
  }[];
}

/**
 * What a process beside the monitor does. The line "start" through file descriptor 4 has it run `start`, whose exit status it
 * answers with, the line "hold" has it end; without a line, or after a failure, it runs `end` once the other end is closed.
 */
export interface Guard {
  readonly start: readonly string[];
  readonly end: readonly string[];
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
    trees = [],
    secrets,
    preparations = [],
    owner,
    alias,
    appends = [],
    networkSysctl = {},
    waits = false,
    guard,
    handed,
    exports = {},
    lines = [],
    folder,
    program,
  } = launch;
  return [
    "set -e",
    ...enterLines(launch),
    ...sysctlLines(networkSysctl),
    ...(owner === undefined ? [] : [`chown ${owner.uid}:${owner.gid} ${owner.paths.map(quote).join(" ")}`]),
    ...[...trees, overlay].flatMap(mountLines),
    ...(secrets === undefined ? [] : secretLines(secrets)),
    ...(alias === undefined ? [] : [`mount --bind ${quote(overlay.target)} ${quote(alias)}`]),
    ...preparations.flatMap((preparation) => preparationLines(preparation, mountLines)),
    ...appends.map(({ from, to }) => `cat ${quote(from)} >>${quote(to)}`),
    ...lines,
    `cd ${quote(folder)}`,
    ...(guard === undefined ? [] : guardLines(guard)),
    ...Object.entries(exports).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(waits ? ["read -r _ <&4"] : []),
    `exec ${commandLine(program)}${waits || guard !== undefined ? " 4>&-" : ""}${secrets === undefined ? "" : " 5>&-"}${handed === undefined ? "" : handingOver(handed)}`,
  ].join("\n");
}

/** Where the pipe to the monitor's caller is while it hands descriptors on: 3 is the container's. */
export function syncFdAfter({ first, count }: HandedFds): number {
  return first + count;
}

/** Redirections that put the descriptors where the container is to have them, and all else above. */
function handingOver(handed: HandedFds): string {
  const { first, count, lifeline } = handed;
  const numbers = Array.from({ length: count }, (_, index) => index);
  const sync = syncFdAfter(handed);
  return [
    ` ${sync}>&3`,
    ...(lifeline === undefined ? [] : [`${sync + 1}>&${lifeline}`, `${lifeline}>&-`]),
    ...numbers.map((index) => `${3 + index}<&${first + index}`),
    ...numbers.filter((index) => first + index >= 3 + count).map((index) => `${first + index}>&-`),
  ].join(" ");
}

/** Closes a script that is read through a pipe: one whose writer was killed half-way is not run. */
const END = "# end";

/** A script, for a shell that runs `hearScript`. */
export function wholeScript(script: string): string {
  return `${script}\n${END}`;
}

/** The script of a shell that reads what it has to do from a file descriptor; it does the first of a launch meanwhile. */
export function hearScript(enter: Enter, fd: number): string {
  return [
    "set -e",
    ...enterLines(enter),
    `script=$(cat <&${fd})`,
    `exec ${fd}<&-`,
    `case $script in *${quote(END)}) eval "$script" ;; esac`,
  ].join("\n");
}

function enterLines({ cover, hasNetwork = false }: Enter): string[] {
  return [
    ...(hasNetwork ? ["echo entered >&4", ...sysctlLines({ "net.ipv4.ping_group_range": "0 0" })] : []),
    ...(cover === undefined ? [] : [`mount --bind ${quote(cover)} /sys/fs/cgroup`]),
  ];
}

function sysctlLines(sysctl: Readonly<Record<string, string>>): string[] {
  return Object.entries(sysctl)
    .filter(([name]) => name.startsWith("net."))
    .map(([name, value]) => {
      const path = `/proc/sys/${name.replaceAll(".", "/")}`;
      return `echo ${quote(value)} >${quote(path)} || { echo ${quote(`cannot set sysctl ${name} to ${value}`)} >&2; exit 1; }`;
    });
}

/** File in the folder of the launch with what the runtime said of a start that failed. */
export const START_ERRORS = "start-errors";

function guardLines({ start, end }: Guard): string[] {
  return [
    "{ if read -r word <&4; then",
    '    [ "$word" = hold ] && exit',
    `    ${commandLine(start)} 4>&- 5>&- 2>${START_ERRORS} && { echo 0 >&4; exit; }`,
    "    echo $? >&4",
    "    read -r _ <&4",
    "  fi",
    `  exec ${commandLine(end)}; } >/dev/null 2>&1 3>&- &`,
  ];
}

function commandLine(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** Newer mount(8) hands each option over alone, where 256 bytes are the limit: it is told to use the old call. */
function mountLines({ links, options, target, bind }: Overlay): string[] {
  const to = quote(target);
  if (bind !== undefined) return [`mount --rbind ${quote(bind)} ${to}`];
  return [
    `cd ${quote(links)}`,
    `LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o ${options},userxattr ${to} || {`,
    `  command -v fuse-overlayfs >/dev/null && fuse-overlayfs -o ${options} ${to} 3>&- 4>&- 5>&- || exit ${OVERLAY_FAILED}`,
    "}",
  ];
}

/** The shell reads the contents itself: no other program has them in its arguments, and no disk in its files. */
function secretLines({ folder, files }: SecretFiles): string[] {
  return [
    `mount -t tmpfs -o mode=0700 tmpfs ${quote(folder)}`,
    `cd ${quote(folder)}`,
    ...files.flatMap(({ name, mode, uid, gid }) => [
      "read -r line <&5",
      `(umask 077; printf %s "$line" | base64 -d >${quote(name)})`,
      `chown ${uid}:${gid} ${quote(name)}`,
      `chmod ${mode.toString(8)} ${quote(name)}`,
    ]),
    "unset line",
  ];
}
