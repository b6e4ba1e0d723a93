import { findProgram } from "../process/index.ts";
import type { RuntimeMount, RuntimeSpec } from "../spec/index.ts";
import { quote } from "./quote.ts";

/** Kernel file systems that are shared with the host where no runtime makes new ones. */
const SHARED = ["/proc", "/sys", "/dev"];

/**
 * The parts of a launch that runs a container's program with only its root directory for isolation, for hosts where no
 * runtime can start: the kernel's file systems and the network are the host's, limits and profiles do not apply.
 */
export function chrootLaunch(
  { mounts, process: { args, env, cwd, user } }: RuntimeSpec,
  { rootfs, searchPath }: { readonly rootfs: string; readonly searchPath: string | undefined },
): { lines: readonly string[]; program: readonly string[] } {
  const nsenter = findProgram("nsenter", searchPath) ?? "nsenter";
  const shared = SHARED.map((path) => ({ destination: path, type: "bind", source: path, options: [] }));
  const own = mounts.filter(({ destination, type }) => !isShared(destination) && type !== "cgroup");
  return {
    lines: [...shared, ...own].flatMap((mount) => mountLines(mount, rootfs)),
    program: [
      // nothing of it outlives this process, or its own first process
      ...["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--"],
      ...["env", "-i", ...env, nsenter, `--root=${rootfs}`, `--wdns=${cwd}`],
      ...["--setgid", String(user.gid), "--setuid", String(user.uid), "--", ...args],
    ],
  };
}

function isShared(destination: string): boolean {
  return SHARED.some((path) => destination === path || destination.startsWith(`${path}/`));
}

/** A place that a link of the image leads away from is refused: the host sees the mount where the link points. */
function mountLines({ destination, type, source, options }: RuntimeMount, rootfs: string): string[] {
  const target = `${rootfs}${destination}`;
  const to = quote(target);
  const passed = options.filter((option) => /^(?:size|mode|nr_inodes)=|^no(?:suid|dev|exec)$/.test(option));
  return [
    `[ "$(readlink -f ${to})" = ${to} ] || { echo ${quote(`${destination} in the image leads elsewhere`)} >&2; exit 1; }`,
    type === "bind"
      ? `mount --rbind ${quote(source)} ${to}`
      : `mount -t ${quote(type)} ${passed.length === 0 ? "" : `-o ${quote(passed.join(","))} `}${quote(source)} ${to}`,
    ...(options.includes("ro") ? [`mount -o remount,bind,ro ${to}`] : []),
  ];
}
