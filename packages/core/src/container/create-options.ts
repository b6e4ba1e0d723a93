import type { HostEntry, NetworkMode } from "../network/index.ts";
import type { MountRequest, SecretRequest } from "../spec/index.ts";
import type { StoredImage } from "../store/index.ts";
import type { LifecycleOptions } from "./decide-lifecycle.ts";
import type { PortChoices } from "./exposed-ports.ts";
import type { LogSettings } from "./log-settings.ts";
import type { ContainerSettings } from "./settings.ts";

/** What a user asks for; all that is absent comes from the image or is podman's default. */
export interface CreateOptions
  extends
    PortChoices,
    Pick<
      ContainerSettings,
      | "noNewPrivileges"
      | "rlimits"
      | "shmSize"
      | "sysctl"
      | "devices"
      | "extraGroups"
      | "isolation"
      | "limits"
      | "userMode"
      | "personality"
      | "initPath"
      | "rootfs"
      | "notify"
    > {
  readonly name?: string;
  /** The full name that was asked for; default the first that the image has. */
  readonly imageName?: string;
  /** Arguments after the image's name. */
  readonly command?: readonly string[];
  /** Replaces the image's, and lets its command fall too. */
  readonly entrypoint?: readonly string[];
  /** NAME=value, where the image does not say otherwise. */
  readonly defaultEnv?: readonly string[];
  /** NAME=value, on top of the image's. */
  readonly env?: readonly string[];
  /** Names taken out of the image's environment. */
  readonly unsetEnv?: readonly string[] | "all";
  /** NAME and value, in which `${NAME}` stands for the image's value. */
  readonly mergedEnv?: readonly (readonly [name: string, value: string])[];
  /** What the image's volumes become, where not volumes of the container's own. */
  readonly imageVolumes?: "tmpfs" | "ignore";
  readonly workingDir?: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly terminal?: boolean;
  readonly openStdin?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly volumes?: readonly MountRequest[];
  /** `CONTAINER[:ro]`: whose volumes and folders are mounted too. */
  readonly volumesFrom?: readonly string[];
  readonly secrets?: readonly SecretRequest[];
  readonly log?: Partial<LogSettings>;
  /** The images that `volumes` name, by their text. */
  readonly images?: ReadonlyMap<string, StoredImage>;
  /** Default pasta. */
  readonly network?: NetworkMode;
  readonly addedHosts?: readonly HostEntry[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly init?: boolean;
  readonly readOnly?: boolean;
  readonly autoRemove?: boolean;
  readonly privileged?: boolean;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly stopSignal?: string;
  /** Seconds; default 10. */
  readonly stopTimeout?: number;
  readonly createCommand?: readonly string[];
  /** Restarts and health. */
  readonly lifecycle?: LifecycleOptions;
}
