import { UsageError, type CommandInput } from "@wherry/core/cli";
import type { CreateOptions } from "@wherry/core/container";
import { parseAddHost, parseNetworkMode, parsePortMappings } from "@wherry/core/network";
import { parseLimit, parseMount, parseTmpfs, parseVolume } from "@wherry/core/spec";
import type Create from "../commands/create.ts";
import { parseDevice } from "./parse-device.ts";
import { parseSize } from "./parse-size.ts";
import { readEnv, readLabels } from "./read-pairs.ts";

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
  { env, folder, commandLine }: CreationContext,
): CreateOptions {
  const { name, workdir: workingDir, user, hostname, network } = flags;
  return {
    ...defined({ name, workingDir, user, hostname }),
    ...defined({ stopSignal: flags["stop-signal"], stopTimeout: flags["stop-timeout"] }),
    ...(flags.entrypoint === undefined ? {} : { entrypoint: parseEntrypoint(flags.entrypoint) }),
    ...(network === undefined ? {} : { network: parseNetworkMode(network) }),
    command,
    env: readEnv(flags.env ?? [], flags["env-file"] ?? [], env),
    unsetEnv: flags.unsetenv ?? [],
    terminal: flags.tty,
    openStdin: flags.interactive,
    labels: readLabels(flags.label ?? [], flags["label-file"]),
    annotations: readLabels(flags.annotation ?? []),
    volumes: [
      ...(flags.volume ?? []).map((text) => parseVolume(text, folder)),
      ...(flags.mount ?? []).map((text) => parseMount(text, folder)),
      ...(flags.tmpfs ?? []).map(parseTmpfs),
    ],
    ports: parsePortMappings(flags.publish ?? []),
    publishAll: flags["publish-all"],
    addedHosts: (flags["add-host"] ?? []).map(parseAddHost),
    dns: flags.dns ?? [],
    dnsSearch: flags["dns-search"] ?? [],
    dnsOptions: flags["dns-option"] ?? [],
    init: flags.init,
    readOnly: flags["read-only"],
    autoRemove: flags.rm,
    privileged: flags.privileged,
    addCapabilities: commaSeparated(flags["cap-add"]),
    dropCapabilities: commaSeparated(flags["cap-drop"]),
    createCommand: commandLine,
    ...rareOptions(flags),
  };
}

/** What few containers have; absent where nobody asked. */
function rareOptions(flags: CreationFlags): CreateOptions {
  const { device, sysctl, ulimit } = flags;
  const shmSize = flags["shm-size"];
  const extraGroups = flags["group-add"];
  return {
    ...(device === undefined ? {} : { devices: device.map(parseDevice) }),
    ...(extraGroups === undefined ? {} : { extraGroups }),
    ...(shmSize === undefined ? {} : { shmSize: parseSize(shmSize) }),
    ...(sysctl === undefined ? {} : { sysctl: readLabels(sysctl) }),
    ...(ulimit === undefined ? {} : { rlimits: ulimit.map(parseLimit) }),
    ...securityOptions(flags["security-opt"] ?? []),
  };
}

const NO_NEW_PRIVILEGES = ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"];

/** @throws {UsageError} for an option that is not known. */
function securityOptions(options: readonly string[]): CreateOptions {
  const unknown = options.find((option) => !NO_NEW_PRIVILEGES.includes(option));
  if (unknown !== undefined)
    throw new UsageError(
      `invalid --security-opt: ${JSON.stringify(unknown)}: only no-new-privileges is known`,
    );
  return options.length > 0 ? { noNewPrivileges: true } : {};
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
