import type { HostEntry, NetworkMode } from "../network/index.ts";
import type { Isolation, SpecInput, SpecNamespaces } from "../spec/index.ts";
import type { PasswdEntry } from "./user-entries.ts";

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

/** What a container calls itself and others. */
export interface NameChoices {
  readonly addedHosts: readonly HostEntry[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}
