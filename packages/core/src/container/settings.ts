import type { LifecycleSettings } from "./lifecycle-settings.ts";
import type { LogSettings } from "./log-settings.ts";
import type { NetworkMode, PortMapping, HostEntry } from "../network/index.ts";
import type { Digest } from "../oci/index.ts";
import type {
  BindMount,
  Isolation,
  Limits,
  RuntimeLimit,
  SecretRequest,
  SpecDevice,
  SpecialMount,
  TmpfsMount,
  VolumeRequest,
} from "../spec/index.ts";
import type { IdMaps, UserMode } from "../userns/index.ts";
import type { ContainerRecord } from "../store/index.ts";

/** A mount of a volume that wherry keeps. */
export interface VolumeMount extends Omit<VolumeRequest, "volumeOptions"> {
  readonly name: string;
  /** Made for this container because the image asks for a volume there; removed with it. */
  readonly isAnonymous: boolean;
}

/** The files of an image, seen in the container. */
export interface ImageMount {
  readonly type: "image";
  /** As typed. */
  readonly source: string;
  readonly imageId: Digest;
  /** The image's layers, the lowest first. */
  readonly diffIds: readonly Digest[];
  readonly destination: string;
  readonly readWrite?: boolean;
  readonly subpath?: string;
}

/** A secret that a container has; what it is, is in a file beside. */
export interface ContainerSecret extends Omit<SecretRequest, "source"> {
  readonly id: string;
  readonly name: string;
}

export type ContainerMount = BindMount | TmpfsMount | SpecialMount | VolumeMount | ImageMount;

/** A root file system that the user has made. */
export interface RootFolder {
  readonly path: string;
  /** What the container writes does not reach it. */
  readonly isOverlay: boolean;
}

/** Who tells the service manager that a container has started (sd_notify(3)): its program, its start, its health, nobody. */
export type NotifyMode = "container" | "conmon" | "healthy" | "ignore";

/** Everything that was decided when a container was created; kept in its record. */
export interface ContainerSettings extends LifecycleSettings {
  /** Layers of the image, the lowest first. */
  readonly diffIds: readonly Digest[];
  /** A folder of the host that its files are, instead of an image. */
  readonly rootfs?: RootFolder;
  /** What the service manager is told of its start; absent: "container". */
  readonly notify?: NotifyMode;
  /** Socket of the service manager that had it made, for `inspect`. */
  readonly notifySocket?: string;
  /** Program and its arguments: entrypoint and command. */
  readonly args: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** NAME=value. */
  readonly env: readonly string[];
  readonly workingDir: string;
  /** As it was spelt; "" is root. */
  readonly user: string;
  readonly hostname: string;
  readonly terminal: boolean;
  readonly openStdin: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
  readonly network: NetworkMode;
  readonly ports: readonly PortMapping[];
  /** Ports that the image or the user says to be there, published or not: "80/tcp"; absent where there are none. */
  readonly exposedPorts?: readonly string[];
  /** All of them were to be published. */
  readonly publishesAll?: boolean;
  /** Containers whose mounts it was given too, as typed. */
  readonly volumesFrom?: readonly string[];
  readonly addedHosts: readonly HostEntry[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly init: boolean;
  /** Program of the host for `init`; default catatonit, where the host has it. */
  readonly initPath?: string;
  /** Execution domain of the kernel; default that of the monitor. */
  readonly personality?: "LINUX" | "LINUX32";
  readonly readOnly: boolean;
  readonly autoRemove: boolean;
  readonly privileged: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly noNewPrivileges?: boolean;
  readonly rlimits?: readonly RuntimeLimit[];
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly devices?: readonly SpecDevice[];
  /** Supplementary groups besides those of the user: names or ids. */
  readonly extraGroups?: readonly string[];
  readonly isolation?: Isolation;
  readonly limits?: Limits;
  /** Absent: k8s-file. */
  readonly log?: LogSettings;
  readonly secrets?: readonly ContainerSecret[];
  /** What its user namespace was asked to be; absent is the user's. */
  readonly userMode?: UserMode;
  /** The ids of a user namespace of its own, below the user's. */
  readonly userMaps?: IdMaps;
  readonly stopSignal: string;
  /** Seconds between the stop signal and SIGKILL. */
  readonly stopTimeout: number;
  /** Name or path of the OCI runtime, where one was asked for. */
  readonly runtime?: string;
  /** As typed, for `inspect`. */
  readonly createCommand: readonly string[];
}

/** A record of the store whose settings are ours. */
export type Container = Omit<ContainerRecord, "config"> & { readonly config: ContainerSettings };

/** The store's record with the type of its settings: it was written by `createContainer`. */
export function asContainer(record: ContainerRecord): Container {
  return record as Container;
}
