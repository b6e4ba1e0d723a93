import { goMap } from "@wherry/core/cli";

/** Go's names of fields that are not just the JSON's with the first letter in upper case. */
const SPECIAL: Readonly<Record<string, string>> = {
  apparmorEnabled: "AppArmorEnabled",
  capabilities: "DefaultCapabilities",
  cgroupVersion: "CgroupsVersion",
  container_id: "ContainerID",
  cpus: "CPUs",
  cpuUtilization: "CPUUtilization",
  dns: "DNS",
  gidmap: "GIDMap",
  host_id: "HostID",
  idMappings: "IDMappings",
  ociRuntime: "OCIRuntime",
  os: "OS",
  seccompEnabled: "SECCOMPEnabled",
  seccompProfilePath: "SECCOMPProfilePath",
  selinuxEnabled: "SELinuxEnabled",
  slirp4netns: "Slirp4NetNS",
  uidmap: "UIDMap",
};

/** What are maps in Go: their keys stay as they are. */
const MAPS: ReadonlySet<string> = new Set(["graphOptions", "graphStatus", "registries"]);

/** The data of `info` with Go's names of fields, which templates use. Lists alone are null in it. */
export function goNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      SPECIAL[key] ?? key.charAt(0).toUpperCase() + key.slice(1),
      inner === null ? [] : MAPS.has(key) ? goMap({ ...(inner as object) }) : goNames(inner),
    ]),
  );
}
