import { basename, dirname, join, normalize } from "node:path";
import type { Cgroups } from "./cgroups.ts";
import { CALLERS, checkController, enableControllers } from "./controllers.ts";
import { CgroupParentError } from "./errors.ts";

/** Where a container's cgroup should be, and what it needs there. */
export interface CgroupPlace {
  /** As `--cgroup-parent` has it. */
  readonly parent?: string | undefined;
  /** Below the cgroup of this process, whatever else is the user's. */
  readonly split?: boolean;
  /** Controller → the flag that needs it. */
  readonly needed?: ReadonlyMap<string, string>;
}

/**
 * `linux.cgroupsPath` for a container: SLICE:PREFIX:NAME for a service manager, else a path in the hierarchy, with the
 * controllers it needs enabled above it. Undefined where this user has no cgroup to give.
 *
 * @throws {MissingControllerError | CgroupParentError}
 */
export function cgroupPath(
  id: string,
  { root = "", delegated, top, systemd }: Cgroups,
  place: CgroupPlace & { readonly manager: "systemd" | "delegated" },
): string | undefined {
  const { manager, parent, split = false, needed = new Map<string, string>() } = place;
  if (manager === "systemd") {
    if (systemd === undefined) return undefined;
    for (const [controller, flag] of needed) checkController(join(root, systemd), controller, flag);
    return `${sliceOf(parent, systemd)}:wherry:${id}`;
  }
  if (delegated === undefined || top === undefined) return undefined;
  const base = parentBelow(split ? ownPlace(delegated) : top, parent);
  enableControllers(join(root, top), join(root, base), needed);
  return join(base, `wherry-${id}`);
}

/** The cgroup of this process, also when it was moved out of the way in there. */
function ownPlace(delegated: string): string {
  return basename(delegated) === CALLERS ? dirname(delegated) : delegated;
}

function sliceOf(parent: string | undefined, systemd: string): string {
  if (parent === undefined) return systemd === "/" ? "machine.slice" : "user.slice";
  if (!/^[\w.-]+\.slice$/.test(parent))
    throw new CgroupParentError(parent, "systemd makes the cgroups here, and wants the name of a slice");
  return parent;
}

/** A path below `base`: an absolute one may begin with it. */
function parentBelow(base: string, parent: string | undefined): string {
  if (parent === undefined || parent === "") return base;
  if (parent.includes("\0") || parent.split("/").includes(".."))
    throw new CgroupParentError(parent, "it leads out of the cgroup that is yours");
  const path = normalize(parent);
  return path === base || path.startsWith(`${base}/`) ? path : join(base, path);
}
