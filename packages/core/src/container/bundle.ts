import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import {
  DNS_ADDRESS,
  HOST_ADDRESS,
  hostsFile,
  readPastaAbilities,
  resolvConf,
  type HostEntry,
  type NetworkMode,
} from "../network/index.ts";
import { findProgram } from "../process/index.ts";
import {
  createRuntimeSpec,
  defaultSeccompProfile,
  parseSeccompProfile,
  readHooks,
  resolveUser,
  type NamespaceChoice,
  type RuntimeSpec,
  type SeccompProfile,
  type SpecFiles,
  type SpecInput,
} from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { InitMissingError } from "./errors.ts";
import { readInLayers } from "./find-in-layers.ts";
import type { StepHost } from "./host.ts";

/** What of a container decides about its bundle, whoever runs it. */
export interface BundleInput extends Pick<
  SpecInput,
  | "args"
  | "env"
  | "mounts"
  | "addCapabilities"
  | "dropCapabilities"
  | "privileged"
  | "noNewPrivileges"
  | "rlimits"
  | "shmSize"
  | "sysctl"
  | "devices"
> {
  readonly id: string;
  /** Absolute path where the root file system will be mounted. */
  readonly rootfs: string;
  /** All layers, the upper one last: for the user's name. */
  readonly layers: readonly string[];
  /** As it was spelt; "" is root. */
  readonly user: string;
  /** Supplementary groups besides those of the user. */
  readonly extraGroups?: readonly string[];
  readonly workingDir: string;
  readonly hostname: string;
  /** Further names in the container's hosts file. */
  readonly names: readonly string[];
  readonly terminal: boolean;
  readonly readOnly: boolean;
  readonly init: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly network: NetworkMode;
  readonly networkNamespace: NamespaceChoice;
  /** The runtime is started in the container's network namespace, instead of making one. */
  readonly isConnectedOutside?: boolean;
  readonly nameChoices?: NameChoices;
  readonly cgroup: { readonly path: string } | undefined;
}

export interface NameChoices {
  readonly addedHosts: readonly HostEntry[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

const TTY_GROUP = 5;
const UMASK = 0o022;
/** Where distributions keep a program that only container engines call. */
const INIT_PROGRAMS = [
  "catatonit",
  "/usr/libexec/podman/catatonit",
  "/usr/libexec/catatonit/catatonit",
  "/usr/lib/podman/catatonit",
];

/**
 * Writes a bundle (runtime-spec bundle.md): config.json, and the files that name the container and its network.
 *
 * @param bundle folder, which is made
 * @returns what config.json says
 * @throws {UnknownUserError | UnknownGroupError | DuplicateMountError | InitMissingError}
 */
export async function writeBundle(
  host: StepHost,
  namespace: UserNamespace,
  bundle: string,
  input: BundleInput,
): Promise<RuntimeSpec> {
  makeDirectory(bundle);
  const { cgroup, ...decided } = input;
  const passwd = readInLayers(input.layers, "/etc/passwd") ?? "";
  const group = readInLayers(input.layers, "/etc/group") ?? "";
  const files = await writeNameFiles(host, bundle, input);
  const made = createRuntimeSpec({
    ...decided,
    user: resolveUser(input.user, { passwd, group }, input.extraGroups),
    umask: UMASK,
    readOnlyRootfs: input.readOnly,
    namespaces: { network: input.networkNamespace },
    seccomp: readSeccompProfile(host.etc),
    arch: process.arch,
    files,
    rootless: namespace.isRootless,
    ttyGroupMapped: namespace.idMaps.gids.some(
      ({ containerId, size }) => containerId <= TTY_GROUP && TTY_GROUP < containerId + size,
    ),
    ...withInit(input.init, host.searchPath),
    ...(cgroup === undefined ? {} : { cgroup }),
  });
  const hooks = hooksFor(host, input);
  const spec = {
    ...(input.isConnectedOutside === true ? withinNetwork(made) : made),
    ...(hooks === undefined ? {} : { hooks }),
  };
  writeFileAtomically(join(bundle, "config.json"), JSON.stringify(spec), { mode: 0o600, sync: false });
  return spec;
}

function hooksFor({ hooksDirs = [] }: StepHost, { annotations, args, mounts }: BundleInput) {
  if (hooksDirs.length === 0) return undefined;
  const hasBindMounts = (mounts ?? []).some(({ type }) => type === "bind");
  return readHooks(hooksDirs, { annotations, command: args[0] ?? "", hasBindMounts });
}

/** The same container for a runtime that is in its network namespace already, where the settings of the network are made. */
function withinNetwork(spec: RuntimeSpec): RuntimeSpec {
  const { namespaces, sysctl = {} } = spec.linux;
  return {
    ...spec,
    linux: {
      ...spec.linux,
      namespaces: namespaces.filter(({ type }) => type !== "network"),
      sysctl: Object.fromEntries(Object.entries(sysctl).filter(([name]) => !name.startsWith("net."))),
    },
  };
}

/** The user's or the distribution's profile for system calls, else our own. */
function readSeccompProfile(etc: string): SeccompProfile {
  for (const path of [join(etc, "containers/seccomp.json"), "/usr/share/containers/seccomp.json"]) {
    const text = readIfThere(path);
    if (text !== undefined) return parseSeccompProfile(text, path);
  }
  return defaultSeccompProfile();
}

async function writeNameFiles(host: StepHost, bundle: string, input: BundleInput): Promise<SpecFiles> {
  const { hostname, network, names, nameChoices } = input;
  const { addedHosts = [], dns = [], dnsSearch = [], dnsOptions = [] } = nameChoices ?? {};
  const isPasta = network.kind === "pasta";
  const write = (name: string, content: string): string => {
    const path = join(bundle, name);
    writeFileAtomically(path, content, { sync: false });
    return path;
  };
  const hostAddress = isPasta && (await mapsGuestAddress(host)) ? HOST_ADDRESS : undefined;
  return {
    hosts: write(
      "hosts",
      hostsFile({
        host: readIfThere(join(host.etc, "hosts")) ?? "",
        names: [hostname, ...names],
        hostAddress,
        added: addedHosts,
      }),
    ),
    resolvConf: write(
      "resolv.conf",
      resolvConf({
        host: readIfThere(join(host.etc, "resolv.conf")) ?? "",
        forwarders: isPasta ? [DNS_ADDRESS] : [],
        dns,
        search: dnsSearch,
        options: dnsOptions,
        hostNetwork: network.kind === "host",
      }),
    ),
    hostname: write("hostname", `${hostname}\n`),
    containerEnv: write(
      "containerenv",
      `engine="wherry"\nid="${input.id}"\nrootless=${host.uid === 0 ? 0 : 1}\n`,
    ),
  };
}

/** Whether this host's pasta gives the container an address for the host. */
export async function mapsGuestAddress({ searchPath, cacheDir }: StepHost): Promise<boolean> {
  const pasta = findProgram("pasta", searchPath);
  if (pasta === undefined) return false;
  makeDirectory(cacheDir);
  return (await readPastaAbilities(pasta, cacheDir)).mapGuestAddress;
}

function withInit(init: boolean, searchPath: string | undefined): { initProgram?: string } {
  if (!init) return {};
  for (const name of INIT_PROGRAMS) {
    const initProgram = findProgram(name, searchPath);
    if (initProgram !== undefined) return { initProgram };
  }
  throw new InitMissingError();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
