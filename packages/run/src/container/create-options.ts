import { isIP } from "node:net";
import { UsageError, type CommandInput } from "@wherry/core/cli";
import { parseDevices, type CreateOptions } from "@wherry/core/container";
import { parseAddHost, parseNetworkMode, parsePortMappings } from "@wherry/core/network";
import { parseLimit, parseMount, parseSecret, parseSize, parseTmpfs, parseVolume } from "@wherry/core/spec";
import type Create from "../commands/create.ts";
import { checkFolder } from "./check-folder.ts";
import { inheritedEnv, isolationOptions } from "./isolation-options.ts";
import { lifecycleOptions } from "./lifecycle-options.ts";
import { limitOptions } from "./limit-options.ts";
import { logOptions } from "./log-options.ts";
import { readAnnotations, readEnv, readLabels } from "./read-pairs.ts";
import { parseStreams } from "./streams.ts";

/** The values of the flags that `run` and `create` share. */
export type CreationFlags = CommandInput<typeof Create>["flags"];

export interface CreationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly folder: string;
  /** The command line, for `inspect`. */
  readonly commandLine: readonly string[];
}

/**
 * What the flags of `run` and `create` ask of a container.
 *
 * @param command the words after the image's name
 * @throws {UsageError} and what the parsers of ports, mounts, hosts and networks throw
 */
export function createOptions(
  flags: CreationFlags,
  command: readonly string[],
  context: CreationContext,
): CreateOptions {
  const { env, folder, commandLine } = context;
  const { name, workdir: workingDir, user, hostname, network } = flags;
  const log = logOptions(flags, folder);
  parseStreams(flags.attach ?? []);
  checkFolder(workingDir);
  if (log?.driver === "passthrough" && flags.tty)
    throw new UsageError("--log-driver passthrough and --tty cannot be set together");
  return {
    ...defined({ name, workingDir, user, hostname }),
    ...defined({ stopSignal: flags["stop-signal"], stopTimeout: flags["stop-timeout"] }),
    ...(flags.entrypoint === undefined ? {} : { entrypoint: parseEntrypoint(flags.entrypoint) }),
    ...(network === undefined ? {} : { network: parseNetworkMode(network) }),
    command,
    lifecycle: lifecycleOptions(flags, folder),
    defaultEnv: inheritedEnv(flags, env),
    env: readEnv(flags.env ?? [], flags["env-file"] ?? [], env),
    unsetEnv: flags["unsetenv-all"] ? "all" : (flags.unsetenv ?? []),
    terminal: flags.tty,
    openStdin: flags.interactive,
    labels: readLabels(flags.label ?? [], flags["label-file"]),
    annotations: readAnnotations(flags.annotation ?? []),
    volumes: [
      ...(flags.volume ?? []).map((text) => parseVolume(text, folder)),
      ...(flags.mount ?? []).map((text) => parseMount(text, folder)),
      ...(flags.tmpfs ?? []).map(parseTmpfs),
    ],
    volumesFrom: flags["volumes-from"] ?? [],
    ports: parsePortMappings(flags.publish ?? []),
    publishAll: flags["publish-all"],
    exposedPorts: flags.expose ?? [],
    addedHosts: (flags["add-host"] ?? []).map(parseAddHost),
    dns: parseServers(flags.dns ?? []),
    dnsSearch: flags["dns-search"] ?? [],
    dnsOptions: flags["dns-option"] ?? [],
    init: flags.init,
    readOnly: flags["read-only"],
    autoRemove: flags.rm || flags.rmi,
    privileged: flags.privileged,
    addCapabilities: commaSeparated(flags["cap-add"]),
    dropCapabilities: commaSeparated(flags["cap-drop"]),
    createCommand: commandLine,
    ...(log === undefined ? {} : { log }),
    ...rareOptions(flags),
    ...isolationOptions(flags, context),
    ...limitOptions(flags),
  };
}

/** Name servers of `--dns`; "none" leaves the image's resolv.conf. @throws {UsageError} */
function parseServers(servers: readonly string[]): readonly string[] {
  if (servers.includes("none") && servers.length > 1)
    throw new UsageError("cannot pass additional dns servers when also specifying 'none'");
  for (const text of servers)
    if (text !== "none" && isIP(text) === 0) throw new UsageError(`${text} is not an ip address`);
  return servers;
}

/** What few containers have; absent where nobody asked. */
function rareOptions(flags: CreationFlags): CreateOptions {
  const { device, secret, sysctl, ulimit } = flags;
  const shmSize = flags["shm-size"];
  const extraGroups = flags["group-add"]?.filter((group) => group !== "keep-groups");
  const limits = ulimit?.filter((text) => text !== "host");
  const imageVolumes = flags["image-volume"];
  const mergedEnv = flags["env-merge"];
  return {
    ...(device === undefined ? {} : { devices: device.flatMap(parseDevices) }),
    ...(extraGroups === undefined ? {} : { extraGroups }),
    ...(shmSize === undefined ? {} : { shmSize: parseSize(shmSize, "shm-size") }),
    ...(secret === undefined ? {} : { secrets: secret.map(parseSecret) }),
    ...(sysctl === undefined ? {} : { sysctl: readLabels(sysctl) }),
    ...(limits === undefined ? {} : { rlimits: limits.map(parseLimit) }),
    ...(mergedEnv === undefined ? {} : { mergedEnv: Object.entries(readLabels(mergedEnv)) }),
    ...(imageVolumes === "tmpfs" || imageVolumes === "ignore" ? { imageVolumes } : {}),
    ...defined({ personality: flags.personality as CreateOptions["personality"] }),
    ...defined({ initPath: flags["init-path"], notify: flags.sdnotify as CreateOptions["notify"] }),
  };
}

/** An entrypoint is one program, or a JSON list of words. */
function parseEntrypoint(text: string): string[] {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch {
    // not JSON: the name of a program
  }
  return [text];
}

function commaSeparated(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.split(",")).filter((value) => value !== "");
}

/** The record without the properties that are undefined. */
function defined<T extends object>(record: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
