import { UsageError } from "@wherry/core/cli";
import { parseDevices, type Step } from "@wherry/core/container";
import { parseNetworkMode, type NetworkMode } from "@wherry/core/network";
import { parseResources } from "@wherry/core/spec";
import { parseNamespaces } from "./namespace-options.ts";
import type { RunDefaults } from "./working-container.ts";

/** How a command is kept apart from the host: by an OCI runtime, or only by chroot where none can start. */
export type Isolation = "oci" | "chroot";

/** `--isolation` and `BUILDAH_ISOLATION`; undefined leaves it at the default, oci. @throws {UsageError} */
export function parseIsolation(text: string | undefined): Isolation | undefined {
  switch (text) {
    case undefined:
    case "":
      return undefined;
    case "oci":
    case "rootless":
    case "default":
      return "oci";
    case "chroot":
      return "chroot";
    default:
      throw new UsageError(
        `unrecognized isolation type ${JSON.stringify(text)}: choose from oci, rootless, chroot`,
      );
  }
}

/** `--network` as buildah takes it; undefined is the default. */
export function parseRunNetwork(text: string | undefined): NetworkMode | undefined {
  if (text === undefined || ["", "private", "default", "container"].includes(text)) return undefined;
  if (text === "none" || text === "host") return { kind: text };
  return parseNetworkMode(text);
}

/** `--security-opt`. @throws {UsageError} for what is not known. */
export function parseSecurityOptions(options: readonly string[]): {
  noNewPrivileges?: boolean;
  seccompProfile?: string;
} {
  let result: { noNewPrivileges?: boolean; seccompProfile?: string } = {};
  for (const option of options) {
    const [, name = option, value = ""] = /^([^=:]+)[=:](.*)$/.exec(option) ?? [];
    if (name === "no-new-privileges" && value !== "false") result = { ...result, noNewPrivileges: true };
    else if (name === "seccomp") result = { ...result, seccompProfile: value };
    else if (name !== "label" && name !== "apparmor" && name !== "no-new-privileges")
      throw new UsageError(
        `invalid --security-opt 2: ${JSON.stringify(option)}: known are no-new-privileges, seccomp, label, apparmor`,
      );
  }
  return result;
}

/** Devices, limits, namespaces and what is left of the image's own. @throws {UsageError | InvalidSettingError | NotADeviceError} */
export function parseMachineOptions({
  devices = [],
  resources = {},
  cgroupParent,
  namespaces = {},
  ...run
}: RunDefaults): Pick<Step, "devices" | "limits" | "namespaces" | "noHosts" | "noHostname"> {
  const limits = { ...parseResources(resources), ...(cgroupParent === undefined ? {} : { cgroupParent }) };
  const [limit] = Object.keys({
    ...resources,
    ...(cgroupParent === undefined ? {} : { "cgroup-parent": "" }),
  });
  if (limit !== undefined && parseIsolation(run.isolation) === "chroot")
    throw new UsageError(`--${limit} needs an OCI runtime: --isolation chroot limits nothing`);
  if (run.noHosts === true && (run.addHosts ?? []).length > 0)
    throw new UsageError("--no-hosts and --add-host cannot be set together");
  return {
    ...(devices.length === 0 ? {} : { devices: devices.flatMap(parseDevices) }),
    ...(limit === undefined ? {} : { limits }),
    ...parseNamespaces(namespaces, parseIsolation(run.isolation) === "chroot"),
    ...(run.noHosts === true ? { noHosts: true } : {}),
    ...(run.noHostname === true ? { noHostname: true } : {}),
  };
}
