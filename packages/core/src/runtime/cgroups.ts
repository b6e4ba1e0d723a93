import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

/** How this host's control groups look to a container runtime. */
export interface Cgroups {
  /** Where version 2 is mounted; absent on hosts without. */
  readonly root?: string;
  /**
   * Where a version 2 hierarchy is mounted that is not at the usual place: on hosts with both versions. Bound over
   * /sys/fs/cgroup in the container's own mount namespace, it gives runtimes the version 2 host they want.
   */
  readonly cover?: string;
  /** The cgroup, as a path in the version 2 hierarchy, below which this user may make more; absent where there is none. */
  readonly delegated?: string;
  /** The highest cgroup above `delegated`, or itself, that is the user's. */
  readonly top?: string;
  /** The service manager that would make a cgroup for us: its own cgroup, as a path in the hierarchy. */
  readonly systemd?: string;
}

export interface CgroupOptions {
  readonly procRoot: string;
  /** Default /sys/fs/cgroup. */
  readonly cgroupRoot?: string;
  readonly uid?: number | undefined;
  /** Default /run. */
  readonly run?: string;
}

const CGROUP2_SUPER_MAGIC = 0x63677270;

/** Looks at the host's control groups. cgroups(7); nothing is changed. */
export function readCgroups(options: CgroupOptions): Cgroups {
  const { procRoot, cgroupRoot = "/sys/fs/cgroup" } = options;
  if (isVersion2(cgroupRoot))
    return { root: cgroupRoot, ...delegatedBelow(cgroupRoot, procRoot), ...systemdOf(cgroupRoot, options) };
  const unified = join(cgroupRoot, "unified");
  return isVersion2(unified) ? { root: unified, cover: unified, ...delegatedBelow(unified, procRoot) } : {};
}

/** The cgroup of a process, as a path in the version 2 hierarchy. */
export function cgroupOf(pid: number | "self", procRoot: string): string | undefined {
  try {
    const lines = readFileSync(join(procRoot, String(pid), "cgroup"), "utf8").split("\n");
    return lines.find((text) => text.startsWith("0::"))?.slice(3);
  } catch {
    return undefined; // it has ended
  }
}

function isVersion2(path: string): boolean {
  try {
    return statfsSync(path).type === CGROUP2_SUPER_MAGIC;
  } catch {
    return false; // not there
  }
}

/** A process may be moved below its own cgroup when that belongs to the user, processes and all. */
function delegatedBelow(root: string, procRoot: string): { delegated?: string; top?: string } {
  const delegated = cgroupOf("self", procRoot);
  if (delegated === undefined || !isOurs(join(root, delegated))) return {};
  let top = delegated;
  while (top !== "/" && isOurs(join(root, dirname(top)))) top = dirname(top);
  return { delegated, top };
}

function isOurs(folder: string): boolean {
  try {
    for (const name of ["", "cgroup.procs", "cgroup.subtree_control"])
      accessSync(join(folder, name), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a service manager takes requests from this user. */
function systemdOf(root: string, { uid, run = "/run" }: CgroupOptions): { systemd?: string } {
  if (uid === undefined || !existsSync(join(run, "systemd/system"))) return {};
  if (uid === 0) return { systemd: "/" };
  const service = `/user.slice/user-${uid}.slice/user@${uid}.service`;
  const isThere = existsSync(join(run, `user/${uid}/systemd/private`)) && existsSync(join(root, service));
  return isThere ? { systemd: service } : {};
}
