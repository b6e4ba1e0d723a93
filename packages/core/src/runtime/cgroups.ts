import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** How this host's control groups look to a container runtime. */
export interface Cgroups {
  /**
   * Where a version 2 hierarchy is mounted that is not at the usual place: on hosts with both versions. Bound over
   * /sys/fs/cgroup in the container's own mount namespace, it gives runtimes the version 2 host they want.
   */
  readonly cover?: string;
  /** The cgroup, as a path in the version 2 hierarchy, below which this user may make more; absent where there is none. */
  readonly delegated?: string;
}

export interface CgroupOptions {
  readonly procRoot: string;
  /** Default /sys/fs/cgroup. */
  readonly cgroupRoot?: string;
}

const CGROUP2_SUPER_MAGIC = 0x63677270;

/** Looks at the host's control groups. cgroups(7); nothing is changed. */
export function readCgroups({ procRoot, cgroupRoot = "/sys/fs/cgroup" }: CgroupOptions): Cgroups {
  if (isVersion2(cgroupRoot)) return delegatedBelow(cgroupRoot, procRoot);
  const unified = join(cgroupRoot, "unified");
  return isVersion2(unified) ? { cover: unified, ...delegatedBelow(unified, procRoot) } : {};
}

function isVersion2(path: string): boolean {
  try {
    return statfsSync(path).type === CGROUP2_SUPER_MAGIC;
  } catch {
    return false; // not there
  }
}

/** A process may be moved below its own cgroup when that belongs to the user, processes and all. */
function delegatedBelow(root: string, procRoot: string): { delegated?: string } {
  try {
    const line = readFileSync(join(procRoot, "self/cgroup"), "utf8")
      .split("\n")
      .find((text) => text.startsWith("0::"));
    if (line === undefined) return {};
    const delegated = line.slice(3);
    for (const name of ["", "cgroup.procs", "cgroup.subtree_control"])
      accessSync(join(root, delegated, name), constants.W_OK);
    return { delegated };
  } catch {
    return {}; // not ours
  }
}
