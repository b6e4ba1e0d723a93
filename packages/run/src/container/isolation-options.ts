import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import type { CreateOptions } from "@wherry/core/container";
import {
  checkSysctls,
  InvalidSettingError,
  parseNamespaceMode,
  parseSecurityOptions,
  type Isolation,
  type NamespaceMode,
} from "@wherry/core/spec";
import { parseUserMode, type UserMode } from "@wherry/core/userns";
import type { CreationContext, CreationFlags } from "./create-options.ts";

const PROXIES = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"].flatMap((name) => [
  name,
  name.toUpperCase(),
]);
const SELINUX = "/sys/fs/selinux/enforce";

/**
 * What the flags ask of the walls around a container; absent where nobody asked.
 *
 * @throws {UsageError} and what the parsers throw
 */
export function isolationOptions(
  flags: CreationFlags,
  { folder }: Pick<CreationContext, "folder">,
): Pick<CreateOptions, "isolation" | "noNewPrivileges" | "userMode"> {
  const { labels, noNewPrivileges, ...security } = parseSecurityOptions(flags["security-opt"] ?? [], folder);
  checkLabels(labels ?? []);
  const isolation: Isolation = {
    ...namespaces(flags),
    ...security,
    ...processSettings(flags),
    ...fileSettings(flags, folder),
  };
  checkNamespaces(flags, isolation);
  const userMode = userModeOf(flags);
  return {
    ...(userMode === undefined ? {} : { userMode }),
    ...(Object.keys(isolation).length === 0 ? {} : { isolation }),
    ...(noNewPrivileges === undefined ? {} : { noNewPrivileges }),
  };
}

/** What a container inherits of our environment, where the image does not say otherwise. */
export function inheritedEnv(
  flags: Pick<CreationFlags, "env-host" | "http-proxy">,
  env: CreationContext["env"],
): string[] {
  const names = [...(flags["env-host"] ? Object.keys(env) : []), ...(flags["http-proxy"] ? PROXIES : [])];
  return [...new Set(names)].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function userModeOf(flags: CreationFlags): UserMode | undefined {
  const { userns, uidmap = [], gidmap = [], subuidname, subgidname } = flags;
  if (userns !== undefined) return parseUserMode(userns);
  const names = [subuidname ?? subgidname, subgidname ?? subuidname] as const;
  if (names[0] !== undefined && names[1] !== undefined) {
    if (uidmap.length + gidmap.length > 0)
      throw new UsageError("--subuidname and --uidmap cannot be set together");
    return { kind: "sub-ids", uidName: names[0], gidName: names[1] };
  }
  return uidmap.length + gidmap.length === 0 ? undefined : { kind: "maps", uids: uidmap, gids: gidmap };
}

function namespaces(flags: CreationFlags): Isolation {
  const { pid, ipc, uts, cgroupns } = flags;
  return {
    ...(pid === undefined ? {} : { pid: parseNamespaceMode("pid", pid) }),
    ...(ipc === undefined ? {} : { ipc: parseNamespaceMode("ipc", ipc) }),
    ...(uts === undefined ? {} : { uts: parseNamespaceMode("uts", uts) }),
    ...(cgroupns === undefined ? {} : { cgroup: parseNamespaceMode("cgroup", cgroupns) }),
  };
}

function processSettings(flags: CreationFlags): Isolation {
  const { umask, tz, systemd } = flags;
  const oomScoreAdj = flags["oom-score-adj"];
  if (systemd !== "true" && systemd !== "false" && systemd !== "always")
    throw new InvalidSettingError("systemd", systemd, "expected true, false or always");
  return {
    ...(umask === undefined ? {} : { umask: parseUmask(umask) }),
    ...(tz === undefined || tz === "" ? {} : { timezone: tz }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(flags["group-add"]?.includes("keep-groups") === true ? { keepGroups: true } : {}),
    ...(flags.ulimit?.includes("host") === true ? { hostLimits: true } : {}),
    ...(systemd === "true" ? {} : { systemd }),
  };
}

function fileSettings(flags: CreationFlags, folder: string): Isolation {
  const { hostuser, passwd } = flags;
  const [passwdEntry, groupEntry] = [flags["passwd-entry"], flags["group-entry"]];
  const hosts = flags["hosts-file"];
  return {
    ...(flags["read-only-tmpfs"] ? {} : { writableFolders: false }),
    ...(flags["no-hosts"] ? { noHosts: true } : {}),
    ...(hosts === undefined
      ? {}
      : { hostsFile: hosts === "none" || hosts === "image" ? hosts : resolve(folder, hosts) }),
    ...(passwd ? {} : { passwd: false }),
    ...(passwdEntry === undefined ? {} : { passwdEntry }),
    ...(groupEntry === undefined ? {} : { groupEntry }),
    ...(hostuser === undefined ? {} : { hostUsers: hostuser }),
  };
}

function checkNamespaces(flags: CreationFlags, { ipc, uts, pid, procOptions }: Isolation): void {
  const addedHosts = flags["add-host"] ?? [];
  if (flags["no-hosts"] && addedHosts.length > 0)
    throw new UsageError("--no-hosts and --add-host cannot be set together");
  if (flags.hostname !== undefined && uts !== undefined && !isOwn(uts))
    throw new UsageError("cannot set hostname when the UTS namespace is not the container's own");
  if (procOptions !== undefined && pid?.kind === "host")
    throw new UsageError("--security-opt proc-opts needs a PID namespace of the container's own");
  const network = flags.network ?? "";
  checkSysctls(
    (flags.sysctl ?? []).map((text) => text.split("=", 1)[0] ?? ""),
    { network: !/^(?:host$|container:|ns:)/.test(network), ipc: isOwn(ipc), uts: isOwn(uts) },
  );
}

function isOwn(mode: NamespaceMode | undefined): boolean {
  return mode === undefined || !["host", "container", "path"].includes(mode.kind);
}

/** We give no SELinux labels: where SELinux is off they mean nothing, elsewhere they would be a promise we break. */
function checkLabels(labels: readonly string[]): void {
  const asked = labels.find((label) => label !== "disable");
  if (asked !== undefined && existsSync(SELINUX))
    throw new UsageError(`--security-opt label=${asked}: wherry sets no SELinux labels; use label=disable`);
}

function parseUmask(text: string): number {
  if (!/^[0-7]{1,4}$/.test(text))
    throw new InvalidSettingError("umask", text, "expected up to four octal digits");
  return Number.parseInt(text, 8);
}
