import { boolean, string } from "@oclif/core/flags";
import { resourceTexts } from "./limit-flags.ts";
import { namespaceFlags, namespaceTexts } from "./namespace-flags.ts";
import type { RunDefaults } from "./working/working-container.ts";

const several = { multiple: true as const, multipleNonGreedy: true };

/** How commands run that `from`, `run` and `build` start, in buildah's flags. */
export const runFlags = {
  "add-host": string({ ...several, helpValue: "HOST:IP", description: "Add a line to /etc/hosts" }),
  "cap-add": string({ ...several, helpValue: "CAP", description: "Add a capability" }),
  "cap-drop": string({ ...several, helpValue: "CAP", description: "Drop a capability" }),
  device: string({
    ...several,
    helpValue: "PATH[:PATH][:rwm]",
    description: "Give commands a device of this machine",
  }),
  dns: string({ ...several, helpValue: "IP", description: "Set a name server" }),
  "dns-option": string({ ...several, helpValue: "OPTION", description: "Set a resolver option" }),
  "dns-search": string({ ...several, helpValue: "DOMAIN", description: "Set a search domain" }),
  isolation: string({
    helpValue: "type",
    description: "How commands are kept apart: oci (default), rootless or chroot; default $BUILDAH_ISOLATION",
  }),
  network: string({
    aliases: ["net"],
    helpValue: "MODE",
    description: "Network of commands: private (default), none, host or ns:PATH",
  }),
  ...namespaceFlags,
  "security-opt": string({
    ...several,
    helpValue: "OPTION",
    description: "Set a security option: no-new-privileges, seccomp=FILE",
  }),
  "shm-size": string({ helpValue: "SIZE", description: "Size of /dev/shm, such as 64m" }),
  ulimit: string({
    ...several,
    helpValue: "NAME=SOFT[:HARD]",
    description: "Set a limit, such as nofile=1024:2048",
  }),
  volume: string({
    char: "v",
    ...several,
    helpValue: "SOURCE:PATH[:OPTIONS]",
    description: "Mount a folder of this machine while commands run",
  }),
};

/** What `run` and `build` leave of the image's own, in buildah's flags. */
export const nameFileFlags = {
  "no-hostname": boolean({ description: "Leave the image's /etc/hostname alone" }),
  "no-hosts": boolean({ description: "Leave the image's /etc/hosts alone" }),
};

type Flags = Readonly<Record<string, unknown>>;

/** What the flags ask of the containers in which commands run. */
export function runDefaults(flags: Flags, env: Readonly<Record<string, string | undefined>>): RunDefaults {
  const isolation = textOf(flags, "isolation") ?? env["BUILDAH_ISOLATION"];
  const cgroupParent = textOf(flags, "cgroup-parent");
  const resources = resourceTexts(flags);
  const namespaces = namespaceTexts(flags);
  const texts = {
    isolation,
    cgroupParent,
    network: textOf(flags, "network"),
    shmSize: textOf(flags, "shm-size"),
  };
  const lists = {
    addHosts: listOf(flags, "add-host"),
    addCapabilities: listOf(flags, "cap-add").flatMap((text) => text.split(",")),
    dropCapabilities: listOf(flags, "cap-drop").flatMap((text) => text.split(",")),
    devices: listOf(flags, "device"),
    dns: listOf(flags, "dns"),
    dnsSearch: listOf(flags, "dns-search"),
    dnsOptions: listOf(flags, "dns-option"),
    securityOptions: listOf(flags, "security-opt"),
    ulimits: listOf(flags, "ulimit"),
    volumes: listOf(flags, "volume"),
  };
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text !== "")),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(Object.keys(namespaces).length === 0 ? {} : { namespaces }),
    ...(flags["no-hosts"] === true ? { noHosts: true } : {}),
    ...(flags["no-hostname"] === true ? { noHostname: true } : {}),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

/**
 * What of them decides about what a command writes, and so is part of its key: not how much of the machine it may use, which
 * decides only whether it ends well.
 */
export function keyedDefaults({ resources: _, cgroupParent: __, ...others }: RunDefaults): RunDefaults {
  return others;
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

function listOf(flags: Flags, name: string): string[] {
  const value = flags[name];
  return Array.isArray(value) ? value.map(String) : [];
}
