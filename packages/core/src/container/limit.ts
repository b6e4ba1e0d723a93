import { join } from "node:path";
import { cgroupOf, readCgroups, type Runtime } from "../runtime/index.ts";
import { limitResources, neededControllers, type Limits, type SpecInput } from "../spec/index.ts";
import type { Container } from "./settings.ts";

/** The runtime as this container's cgroup wants it called. */
export function withCgroupsFor({ config }: Container, runtime: Runtime): Runtime {
  const { cgroups = "enabled" } = config.limits ?? {};
  if (cgroups === "disabled") return runtime.withCgroups("disabled");
  return cgroups === "split" && runtime.cgroups === "systemd" ? runtime.withCgroups("delegated") : runtime;
}

/**
 * The cgroup for a container, with its limits.
 *
 * @throws {MissingControllerError | NoCgroupError | CgroupParentError}
 */
export function containerCgroup(runtime: Runtime, { id, config }: Container): SpecInput["cgroup"] {
  return limitedCgroup(runtime, id, config.limits);
}

/**
 * The cgroup for a container of that id, with limits.
 *
 * @throws {MissingControllerError | NoCgroupError | CgroupParentError}
 */
export function limitedCgroup(runtime: Runtime, id: string, limits: Limits = {}): SpecInput["cgroup"] {
  const cgroup = runtime.cgroupFor(id, {
    parent: limits.cgroupParent,
    split: limits.cgroups === "split",
    needed: neededControllers(limits),
  });
  const resources = limitResources(limits);
  return cgroup === undefined || resources === undefined ? cgroup : { ...cgroup, resources };
}

/** The folder of a running container's cgroup; undefined where it has none of its own. */
export function cgroupFolder(procRoot: string, pid: number, id: string): string | undefined {
  const { root } = readCgroups({ procRoot });
  const path = root === undefined ? undefined : cgroupOf(pid, procRoot);
  if (root === undefined || path === undefined) return undefined;
  const names = path.split("/");
  const own = names.findIndex((name) => name.includes(id)); // below it a runtime may have made one more
  return own === -1 ? undefined : join(root, ...names.slice(0, own + 1));
}
