import { UsageError } from "@wherry/core/cli";
import { parseNetworkMode, type NetworkMode } from "@wherry/core/network";

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

const UNITS = "bkmgtp";

/** A size such as 64m: a number of bytes, or with a binary unit. @throws {UsageError} */
export function parseShmSize(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`invalid --shm-size: ${JSON.stringify(text)}: expected a size such as 64m`);
  return Math.trunc(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
}
