import { posix } from "node:path";
import { DuplicateMountError } from "./errors.ts";
import type { RuntimeMount } from "./runtime-spec.ts";
import type { BindMount, SpecDevice, SpecialMount, SpecInput, SpecMount, TmpfsMount } from "./spec-input.ts";
import { systemMounts } from "./system-mounts.ts";

/**
 * All mounts of a container, parents before children. What the user mounts replaces what the system would have
 * mounted at the same place.
 *
 * @throws {DuplicateMountError} when the user names a destination twice.
 */
export function containerMounts(input: SpecInput): RuntimeMount[] {
  const asked = [...(input.mounts ?? []).map(askedMount), ...deviceMounts(input)];
  const taken = new Set<string>();
  for (const { destination } of asked) {
    if (taken.has(destination)) throw new DuplicateMountError(destination);
    taken.add(destination);
  }
  const system = systemMounts(input).filter(({ destination }) => !taken.has(destination));
  return [...system, ...asked].sort((a, b) => depth(a.destination) - depth(b.destination));
}

function askedMount(mount: SpecMount): RuntimeMount {
  switch (mount.type) {
    case "bind":
      return bindMount(mount);
    case "tmpfs":
      return tmpfsMount(mount);
    case "special":
      return specialMount(mount);
  }
}

function specialMount({ destination, fsType, source, options }: SpecialMount): RuntimeMount {
  return { destination: normalise(destination), type: fsType, source, options };
}

function bindMount({
  source,
  destination,
  readOnly,
  recursive = true,
  propagation,
  options = [],
}: BindMount): RuntimeMount {
  return {
    destination: normalise(destination),
    type: "bind",
    source,
    options: [
      recursive ? "rbind" : "bind",
      propagation ?? "rprivate",
      readOnly === true ? "ro" : "rw",
      ...options,
    ],
  };
}

/** podman's defaults, each of which gives way to its opposite; programs may run from it, whatever its manual says. */
function tmpfsMount({ destination, options = [] }: TmpfsMount): RuntimeMount {
  const has = (...names: string[]): boolean => names.some((name) => options.includes(name));
  const defaults = [
    ...(has("ro", "rw") ? [] : ["rw"]),
    ...(has("suid", "nosuid") ? [] : ["nosuid"]),
    ...(has("dev", "nodev") ? [] : ["nodev"]),
    ...(has("notmpcopyup", "tmpcopyup") ? [] : ["tmpcopyup"]),
    "rprivate",
  ];
  const wanted = options.filter((name) => name !== "notmpcopyup");
  return {
    destination: normalise(destination),
    type: "tmpfs",
    source: "tmpfs",
    options: [...wanted, ...defaults],
  };
}

/** In a user namespace nobody may make a device node: the host's is bound. */
function deviceMounts({ devices = [], rootless }: SpecInput): RuntimeMount[] {
  if (!rootless) return [];
  return devices.map(({ source, destination, access = "rwm" }: SpecDevice) => ({
    destination: normalise(destination ?? source),
    type: "bind",
    source,
    options: ["bind", "rprivate", "nosuid", "noexec", access.includes("w") ? "rw" : "ro"],
  }));
}

/** An absolute path without "..", doubled or trailing slashes. */
function normalise(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length;
}
