import { boolean, string } from "@oclif/core/flags";
import type { EngineOptions } from "../engine/index.ts";
import { UsageError } from "./errors.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"] as const;
const CGROUP_MANAGERS = ["cgroupfs", "systemd"] as const;
const EVENTS_BACKENDS = ["file", "none", "journald"] as const;

const path = { helpValue: "path" };
const several = { multiple: true as const, multipleNonGreedy: true };
const idMap = {
  helpValue: "ctrID:hostID:length",
  description:
    "Accepted with a warning; commands have your own ids, and no image depends on how they are mapped",
};

/**
 * Flags before the command's name. `wherry` and `wherry-build` both take those of podman and of buildah: the one becomes the
 * other for `wherry build`.
 */
export const storeFlags = {
  "cgroup-manager": string({ helpValue: "string", description: 'Who makes cgroups ("cgroupfs"|"systemd")' }),
  conmon: string({ ...path, description: "Path of conmon, which watches containers" }),
  "events-backend": string({ helpValue: "string", description: 'Where events go ("file"|"none")' }),
  "hooks-dir": string({
    ...several,
    ...path,
    description: "Folder of OCI hooks; may be given several times",
  }),
  imagestore: string({ ...path, description: "Accepted with a warning; images are kept in --root" }),
  "log-level": string({
    helpValue: "string",
    description: `Tell what happens, from this level on (${LOG_LEVELS.join(", ")}) (default "warn")`,
  }),
  module: string({
    ...several,
    helpValue: "name",
    description: "Read this module of containers.conf too: a name or a path; may be given several times",
  }),
  "network-config-dir": string({
    ...path,
    description: "Accepted with a warning; there are no networks to be configured",
  }),
  noout: boolean({ description: "Do not write to standard output" }),
  out: string({ ...path, description: "Write standard output to this file" }),
  "pull-option": string({
    ...several,
    helpValue: "NAME=VALUE",
    description: "Accepted with a warning; layers are always pulled whole",
  }),
  "registries-conf": string({ ...path, description: "Use this file instead of registries.conf" }),
  "registries-conf-dir": string({ ...path, description: "Use this folder instead of registries.conf.d" }),
  root: string({ ...path, description: "Folder of the store of images and containers" }),
  runroot: string({ ...path, description: "Folder for what does not survive a restart of the host" }),
  runtime: string({ ...path, description: "OCI runtime: a name or a path (default: the first that works)" }),
  "runtime-flag": string({ ...several, helpValue: "string", description: "Global flag for the OCI runtime" }),
  "short-name-alias-conf": string({ ...path, description: "File of the short names decided on" }),
  "storage-driver": string({
    helpValue: "string",
    description: "How layers are mounted: overlay is the only way, others are answered with a warning",
  }),
  "storage-opt": string({
    ...several,
    helpValue: "string",
    description: "Option of the storage driver; overlay's are accepted, and none is needed",
  }),
  syslog: boolean({ description: "Accepted; nothing is written to syslog" }),
  tmpdir: string({ ...path, description: "Folder for the state of running containers (as --runroot)" }),
  "transient-store": boolean({
    description: "Accepted with a warning; containers are kept until they are removed",
  }),
  "userns-gid-map": string({ ...several, ...idMap }),
  "userns-uid-map": string({ ...several, ...idMap }),
  volumepath: string({ ...path, description: "Folder of the volumes" }),
};

type Flags = Readonly<Record<string, unknown>>;

/** The engine that the flags before the command's name ask for. @throws {UsageError} */
export function storeOptions(flags: Flags): EngineOptions {
  checkMaps(listOf(flags, "userns-uid-map"), "uidmap");
  checkMaps(listOf(flags, "userns-gid-map"), "gidmap");
  const texts = {
    root: textOf(flags, "root"),
    runRoot: textOf(flags, "tmpdir") ?? textOf(flags, "runroot"),
    volumePath: textOf(flags, "volumepath"),
    storageDriver: textOf(flags, "storage-driver"),
    registriesConf: textOf(flags, "registries-conf"),
    registriesConfDir: textOf(flags, "registries-conf-dir"),
    shortNameAliases: textOf(flags, "short-name-alias-conf"),
    runtime: textOf(flags, "runtime"),
    conmon: textOf(flags, "conmon"),
    imageStore: textOf(flags, "imagestore"),
    cgroupManager: choice(flags, "cgroup-manager", CGROUP_MANAGERS, "cgroup manager"),
    eventsBackend: choice(flags, "events-backend", EVENTS_BACKENDS, "events backend"),
  };
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
    ...list(flags, "storage-opt", "storageOptions"),
    ...list(flags, "runtime-flag", "runtimeFlags"),
    ...list(flags, "hooks-dir", "hooksDirs"),
    ...list(flags, "module", "modules"),
    ...(flags["transient-store"] === true ? { transientStore: true } : {}),
  };
}

const MAPPED =
  "commands of a build have your own ids, 0 is you, and no image depends on it; wherry run has --uidmap and --gidmap";

/** What is said of flags that ask for something that is not done. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "network-config-dir":
    "there are no networks that files configure: pasta, none, host and those of other containers",
  "pull-option": "layers are always pulled whole, and each is kept once",
  "userns-uid-map": MAPPED,
  "userns-gid-map": MAPPED,
};

/** A warning for each flag given that has no effect. */
export function storeWarnings(flags: Flags): string[] {
  return Object.entries(WITHOUT_EFFECT)
    .filter(([name]) => listOf(flags, name).length > 0 || textOf(flags, name) !== undefined)
    .map(([name, why]) => `--${name}: ${why}`);
}

/** How much is told on standard error. @throws {UsageError} in podman's words. */
export function logLevelOf(flags: Flags): (typeof LOG_LEVELS)[number] {
  const text = textOf(flags, "log-level")?.toLowerCase() ?? "warn";
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new UsageError(`Log Level "${text}" is not supported, choose from: ${LOG_LEVELS.join(", ")}`);
  return level;
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function list(flags: Flags, name: string, option: keyof EngineOptions): EngineOptions {
  const values = listOf(flags, name);
  return values.length === 0 ? {} : { [option]: values };
}

function listOf(flags: Flags, name: string): string[] {
  const value = flags[name];
  return Array.isArray(value) ? value.map(String) : [];
}

function choice(flags: Flags, name: string, words: readonly string[], what: string): string | undefined {
  const text = textOf(flags, name);
  if (text === undefined || words.includes(text)) return text;
  throw new UsageError(`unsupported ${what} "${text}": choose from ${words.join(", ")}`);
}

function checkMaps(maps: readonly string[], kind: string): void {
  const wrong = maps.flatMap((map) => map.split(",")).find((map) => !/^\d+:\d+:[1-9]\d*$/.test(map));
  if (wrong !== undefined)
    throw new UsageError(
      `initializing ID mappings: invalid ${kind} ${JSON.stringify(wrong)}: expected ctrID:hostID:length`,
    );
}
