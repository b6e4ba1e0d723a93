import type { SeccompProfile } from "./seccomp-profile.ts";
import type { Isolation } from "./isolation.ts";
import type { ResolvedUser } from "./resolve-user.ts";
import type { RuntimeDevice, RuntimeLimit, RuntimeNamespace, RuntimeResources } from "./runtime-spec.ts";

/** A mount the user or the image asked for. Those of the base system (/proc, /dev …) are added by `createRuntimeSpec`. */
export type SpecMount = BindMount | TmpfsMount | SpecialMount;

/** A folder or file of the host (or of a volume) seen inside the container. */
export interface BindMount {
  readonly type: "bind";
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly destination: string;
  readonly readOnly?: boolean;
  /** Mounts below `source` come too (default true). */
  readonly recursive?: boolean;
  /** Default rprivate. */
  readonly propagation?: Propagation;
  /** Further options, such as nosuid, nodev, noexec. */
  readonly options?: readonly string[];
  /** Whether the files become the container's user's first (`:U`). */
  readonly chown?: boolean;
  /** What the container writes does not reach the source (`:O`). */
  readonly overlay?: OverlayChoice;
}

/** Where an overlay over a mount keeps what is written; absent: in the container's files, emptied at each start. */
export interface OverlayChoice {
  readonly upper?: string;
  readonly work?: string;
}

/** A file system of the kernel's own, such as devpts. */
export interface SpecialMount {
  readonly type: "special";
  readonly fsType: string;
  readonly source: string;
  readonly destination: string;
  readonly options: readonly string[];
}

export interface TmpfsMount {
  readonly type: "tmpfs";
  readonly destination: string;
  /** As mount(8): size=64m, mode=1777, ro, exec … Podman's own defaults (rw, nosuid, nodev, rprivate, tmpcopyup) are added. */
  readonly options?: readonly string[];
}

export type Propagation =
  "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" | "unbindable" | "runbindable";

/** One range of ids of a container's user namespace; `hostId` counts in the namespace of the runtime. */
export interface SpecIdMap {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** What `createRuntimeSpec` turns into a `config.json`: everything is decided, nothing is looked up. */
export interface SpecInput extends Pick<Isolation, "mask" | "unmask" | "procOptions"> {
  /** Absolute path of the mounted root file system. */
  readonly rootfs: string;
  readonly readOnlyRootfs?: boolean;
  /** Whether /run, /tmp and /var/tmp stay writable when the root file system is read-only (default true). */
  readonly writableFolders?: boolean;
  readonly rootfsPropagation?: "private" | "slave" | "shared" | "unbindable";
  /** Entrypoint and command, already joined. Never empty. */
  readonly args: readonly string[];
  /** NAME=value, of the image and of the user, later ones win. PATH, HOME, TERM, HOSTNAME and container are added where missing. */
  readonly env: readonly string[];
  /** Default "/". */
  readonly workingDir?: string;
  readonly user: ResolvedUser;
  readonly umask?: number;
  readonly terminal: boolean;
  readonly hostname: string;
  readonly namespaces: SpecNamespaces;
  readonly mounts?: readonly SpecMount[];
  /** Bytes; default 65536000, as podman. */
  readonly shmSize?: number;
  /** Added to podman's default set, then `dropCapabilities` taken away; names with or without CAP_, or "all". */
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  /** All capabilities, no masked paths. The host's devices are the caller's to pass as `devices`. */
  readonly privileged?: boolean;
  readonly noNewPrivileges?: boolean;
  /** The profile to translate; undefined is "unconfined". See `defaultSeccompProfile` and `parseSeccompProfile`. */
  readonly seccomp: SeccompProfile | undefined;
  /** `process.arch` of the host the container runs on: x64, arm64 … */
  readonly arch: string;
  readonly rlimits?: readonly RuntimeLimit[];
  /** Host devices by path; in a user namespace they are bind mounted, since mknod is not allowed there. */
  readonly devices?: readonly SpecDevice[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly oomScoreAdj?: number;
  readonly apparmorProfile?: string;
  /** Execution domain of the kernel. */
  readonly personality?: "LINUX" | "LINUX32";
  /** Whether its program is systemd, which wants folders and a cgroup to write to. */
  readonly systemd?: boolean;
  /** A user namespace of the container's own, below that of the runtime. */
  readonly userMaps?: { readonly uids: readonly SpecIdMap[]; readonly gids: readonly SpecIdMap[] };
  /** Whether a private network namespace belongs to the container's user namespace (default true). */
  readonly ownNetwork?: boolean;
  /** The file of the user namespace to join instead of making one with `userMaps`. */
  readonly userNamespace?: string | undefined;
  /** Whether the container has a /dev/shm (default true). */
  readonly sharedMemory?: boolean;
  /** Path of catatonit on the host for --init: mounted at /run/podman-init and put before `args`. */
  readonly initProgram?: string;
  /** Files of the container's own, mounted over the image's unless the user mounted something there. */
  readonly files?: SpecFiles;
  /** Undefined leaves the container without a cgroup of its own, as when nothing is delegated. */
  readonly cgroup?: { readonly path: string; readonly resources?: RuntimeResources };
  /** Whether the runtime starts in a user namespace that is not the host's: decides about /sys, devices and devpts. */
  readonly rootless: boolean;
  /** Whether gid 5 is mapped in the container, so that devpts can give terminals to group tty. Default true. */
  readonly ttyGroupMapped?: boolean;
}

/** Paths on the host. */
export interface SpecFiles {
  readonly hosts?: string;
  readonly resolvConf?: string;
  readonly hostname?: string;
  /** /run/.containerenv, by which programs know that they are in a container. */
  readonly containerEnv?: string;
  readonly localtime?: string;
}

export interface SpecDevice {
  /** Path on the host. */
  readonly source: string;
  /** Path in the container; default `source`. */
  readonly destination?: string;
  /** What the kernel says of it; needed as root, where the runtime makes the node. */
  readonly node?: Omit<RuntimeDevice, "path">;
  /** r, w, m; default rwm. */
  readonly access?: string;
}

/** "private": the runtime makes one; "host": none, the runtime's own is used; else a path to join. */
export type NamespaceChoice = "private" | "host" | { readonly path: string };

export interface SpecNamespaces {
  readonly pid?: NamespaceChoice;
  readonly network: NamespaceChoice;
  readonly ipc?: NamespaceChoice;
  readonly uts?: NamespaceChoice;
  readonly cgroup?: NamespaceChoice;
  /** Further ones, as they are, for instance a user namespace to join. */
  readonly others?: readonly RuntimeNamespace[];
}
