import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { makeDirectory, readIfThere, writeFileAtomically } from "../io/index.ts";
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
  readHooks,
  resolveUser,
  runsSystemd,
  withoutKeys,
  type Isolation,
  type ResolvedUser,
  type RuntimeSpec,
  type SpecFiles,
  type SpecInput,
  type SpecNamespaces,
} from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { InitMissingError, UnknownHostUserError } from "./errors.ts";
import { findInLayers, readInLayers } from "./find-in-layers.ts";
import { privilegedDevices } from "./host-devices.ts";
import type { StepHost } from "./host.ts";
import { allowedOomScore, appArmorProfile, ownLimits, readTimezone, seccompProfile } from "./isolate.ts";
import { findPasswdEntry, userEntries, type PasswdEntry } from "./user-entries.ts";

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
  | "userMaps"
  | "userNamespace"
  | "personality"
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
  readonly initPath?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly network: NetworkMode;
  readonly namespaces: SpecNamespaces;
  readonly isolation?: Isolation;
  /** Users of the host that the container knows by name. */
  readonly hostUsers?: readonly PasswdEntry[];
  /** The runtime is started in the container's network namespace, instead of making one. */
  readonly isConnectedOutside?: boolean;
  /** Whether it gets a keyring of its own (default true); without one it has no system calls for keys either. */
  readonly keyring?: boolean;
  readonly nameChoices?: NameChoices;
  readonly cgroup: SpecInput["cgroup"];
}

/** A bundle, and what has to be done once its root file system is mounted. */
export interface Bundle {
  readonly spec: RuntimeSpec;
  /** Files whose content is put at the end of files of the root file system, by their paths on the host. */
  readonly appends: readonly { readonly from: string; readonly to: string }[];
}

export interface NameChoices {
  readonly addedHosts: readonly HostEntry[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

const TTY_GROUP = 5;
const UMASK = 0o022;
const KEEP_GROUPS = { "run.oci.keep_original_groups": "1" };
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
 * @throws {UnknownUserError | UnknownGroupError | DuplicateMountError | InitMissingError}
 */
export async function writeBundle(
  host: StepHost,
  namespace: UserNamespace,
  bundle: string,
  input: BundleInput,
): Promise<Bundle> {
  makeDirectory(bundle);
  const { cgroup, isolation = {}, ...decided } = input;
  const passwd = readInLayers(input.layers, "/etc/passwd") ?? "";
  const group = readInLayers(input.layers, "/etc/group") ?? "";
  const user = resolveUser(input.user, { passwd, group }, input.extraGroups);
  const files = await writeNameFiles(host, bundle, input);
  const made = createRuntimeSpec({
    ...decided,
    ...settingsOf(host, namespace, input),
    annotations: { ...input.annotations, ...(isolation.keepGroups === true ? KEEP_GROUPS : {}) },
    user,
    readOnlyRootfs: input.readOnly,
    arch: process.arch,
    files,
    rootless: namespace.isRootless || input.userMaps !== undefined,
    ownNetwork: input.userMaps === undefined || input.isConnectedOutside !== true,
    ttyGroupMapped: (input.userMaps ?? namespace.idMaps).gids.some(
      ({ containerId, size }) => containerId <= TTY_GROUP && TTY_GROUP < containerId + size,
    ),
    ...withInit(input, host.searchPath),
    ...(cgroup === undefined ? {} : { cgroup }),
  });
  const hooks = hooksFor(host, input);
  const spec = {
    ...(input.isConnectedOutside === true ? withinNetwork(made) : made),
    ...(hooks === undefined ? {} : { hooks }),
  };
  writeFileAtomically(join(bundle, "config.json"), JSON.stringify(spec), { mode: 0o600, sync: false });
  return { spec, appends: writeUserEntries(host, bundle, input, { passwd, group, user }) };
}

/** What `Isolation` decides of config.json. */
function settingsOf(
  host: StepHost,
  { isRootless }: UserNamespace,
  {
    id,
    args,
    env,
    isolation = {},
    privileged = false,
    rlimits = [],
    devices = [],
    keyring = true,
  }: BundleInput,
): Pick<SpecInput, "seccomp" | "rlimits" | "umask"> & Partial<SpecInput> {
  const { etc, procRoot } = host;
  const { mask, unmask, procOptions, writableFolders, oomScoreAdj, hostLimits } = isolation;
  const isSystemd = runsSystemd(isolation, args);
  const apparmorProfile = appArmorProfile(isolation, isRootless);
  const seccomp = seccompProfile(isolation, privileged, etc);
  return {
    seccomp: keyring || seccomp === undefined ? seccomp : withoutKeys(seccomp),
    umask: isolation.umask ?? UMASK,
    rlimits: hostLimits === true ? [...ownLimits(procRoot), ...rlimits] : rlimits,
    ...(mask === undefined ? {} : { mask }),
    ...(unmask === undefined ? {} : { unmask }),
    ...(procOptions === undefined ? {} : { procOptions }),
    ...(writableFolders === undefined ? {} : { writableFolders }),
    ...(isSystemd ? { systemd: true, env: [...env, `container_uuid=${id.slice(0, 32)}`] } : {}),
    ...(privileged ? { devices: [...privilegedDevices(isSystemd), ...devices] } : {}),
    ...(isolation.ipc?.kind === "none" ? { sharedMemory: false } : {}),
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj: oomScore(host, isRootless, oomScoreAdj) }),
  };
}

function oomScore(host: StepHost, isRootless: boolean, asked: number): number {
  const allowed = allowedOomScore(asked, isRootless, host.procRoot);
  if (allowed !== asked)
    host.warn?.(`--oom-score-adj is ${allowed}, not ${asked}: only root may go below its own`);
  return allowed;
}

/** Lines for /etc/passwd and /etc/group, in files of the bundle; where the image has no such file it gets none. */
function writeUserEntries(
  host: StepHost,
  bundle: string,
  { layers, rootfs, isolation = {}, workingDir, hostUsers = [] }: BundleInput,
  tables: { readonly passwd: string; readonly group: string; readonly user: ResolvedUser },
): Bundle["appends"] {
  const named = (isolation.hostUsers ?? []).map((text) => {
    const entry = findPasswdEntry(readIfThere(join(host.etc, "passwd")) ?? "", text);
    if (entry === undefined) throw new UnknownHostUserError(text);
    return entry;
  });
  const entries = userEntries({ ...tables, isolation, workingDir, hostUsers: [...hostUsers, ...named] });
  return (["passwd", "group"] as const).flatMap((name) => {
    const place = findInLayers(layers, `/etc/${name}`);
    if (entries[name] === "" || place?.kind !== "other") return [];
    const from = join(bundle, `${name}.more`);
    writeFileAtomically(from, entries[name], { sync: false });
    return [{ from, to: join(rootfs, place.path) }];
  });
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

async function writeNameFiles(host: StepHost, bundle: string, input: BundleInput): Promise<SpecFiles> {
  const { hostname, network, names, nameChoices, isolation = {} } = input;
  const { addedHosts = [], dns = [], dnsSearch = [], dnsOptions = [] } = nameChoices ?? {};
  const isPasta = network.kind === "pasta";
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(bundle, name);
    writeFileAtomically(path, content, { sync: false });
    return path;
  };
  const hostAddress = isPasta && (await mapsGuestAddress(host)) ? HOST_ADDRESS : undefined;
  const hosts = hostsBase(host, input);
  const { timezone } = isolation;
  return {
    ...(hosts === undefined
      ? {}
      : {
          hosts: write(
            "hosts",
            hostsFile({ host: hosts, names: [hostname, ...names], hostAddress, added: addedHosts }),
          ),
        }),
    ...(timezone === undefined ? {} : { localtime: write("localtime", readTimezone(timezone, host.etc)) }),
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
    ...(isolation.noHostname === true ? {} : { hostname: write("hostname", `${hostname}\n`) }),
    containerEnv: write(
      "containerenv",
      `engine="wherry"\nid="${input.id}"\nrootless=${host.uid === 0 ? 0 : 1}\n`,
    ),
  };
}

/** What the container's hosts file begins with; undefined leaves the image's alone. */
function hostsBase({ etc }: StepHost, { isolation = {}, layers }: BundleInput): string | undefined {
  const { noHosts = false, hostsFile: base } = isolation;
  if (noHosts) return undefined;
  if (base === "none") return "";
  if (base === "image") return readInLayers(layers, "/etc/hosts") ?? "";
  if (base === undefined) return readIfThere(join(etc, "hosts")) ?? "";
  try {
    return readFileSync(base, "utf8");
  } catch (error) {
    throw new FileSystemError("open", base, error);
  }
}

/** Whether this host's pasta gives the container an address for the host. */
export async function mapsGuestAddress({ searchPath, cacheDir }: StepHost): Promise<boolean> {
  const pasta = findProgram("pasta", searchPath);
  if (pasta === undefined) return false;
  makeDirectory(cacheDir);
  return (await readPastaAbilities(pasta, cacheDir)).mapGuestAddress;
}

function withInit({ init, initPath }: BundleInput, searchPath: string | undefined): { initProgram?: string } {
  if (!init) return {};
  for (const name of initPath === undefined ? INIT_PROGRAMS : [initPath]) {
    const initProgram = findProgram(name, searchPath);
    if (initProgram !== undefined) return { initProgram };
  }
  throw new InitMissingError(initPath);
}
