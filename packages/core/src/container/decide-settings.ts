import type { ContainerConfig, ImageConfig } from "../oci/index.ts";
import { capabilityNames, runsSystemd, SYSTEMD_STOP_SIGNAL } from "../spec/index.ts";
import type { CreateOptions } from "./create-options.ts";
import { decideEnv } from "./decide-env.ts";
import { NoCommandError } from "./errors.ts";
import { decidePorts } from "./exposed-ports.ts";
import type { ContainerSettings } from "./settings.ts";
import { parseSignal } from "./signals.ts";

const STOP_TIMEOUT = 10;

/**
 * What a new container is, out of the image's config and what the user asks for; mounts and secrets are decided elsewhere.
 *
 * @throws {NoCommandError | UnknownCapabilityError | InvalidPortError}
 */
export function decideSettings(
  id: string,
  image: ImageConfig,
  imageName: string,
  options: CreateOptions,
  procRoot: string,
): Omit<ContainerSettings, "mounts"> {
  const config = image.config ?? {};
  const { entrypoint, command } = decideCommand(config, options);
  if (entrypoint.length + command.length === 0) throw new NoCommandError(imageName);
  const args = [...entrypoint, ...command];
  const usual = runsSystemd(options.isolation, args) ? SYSTEMD_STOP_SIGNAL : "SIGTERM";
  const stopSignal = options.stopSignal ?? config.StopSignal ?? usual;
  parseSignal(stopSignal);
  capabilityNames({ add: options.addCapabilities ?? [], drop: options.dropCapabilities ?? [] });
  return {
    diffIds: image.rootfs.diff_ids,
    args,
    entrypoint,
    command,
    env: decideEnv(config, options),
    workingDir:
      options.workingDir ??
      (config.WorkingDir === undefined || config.WorkingDir === "" ? "/" : config.WorkingDir),
    user: options.user ?? config.User ?? "",
    hostname: options.hostname ?? id.slice(0, 12),
    terminal: options.terminal ?? false,
    openStdin: options.openStdin ?? false,
    labels: { ...config.Labels, ...options.labels },
    annotations: options.annotations ?? {},
    network: options.network ?? { kind: "pasta", options: [] },
    ...decidePorts(config, options, procRoot),
    addedHosts: options.addedHosts ?? [],
    dns: options.dns ?? [],
    dnsSearch: options.dnsSearch ?? [],
    dnsOptions: options.dnsOptions ?? [],
    init: options.init ?? false,
    readOnly: options.readOnly ?? false,
    autoRemove: options.autoRemove ?? false,
    privileged: options.privileged ?? false,
    addCapabilities: options.addCapabilities ?? [],
    dropCapabilities: options.dropCapabilities ?? [],
    stopSignal,
    stopTimeout: options.stopTimeout ?? STOP_TIMEOUT,
    createCommand: options.createCommand ?? [],
    ...optional(options),
  };
}

/** Settings that are only written down when somebody asked for them. */
function optional({
  noNewPrivileges,
  rlimits,
  shmSize,
  sysctl,
  devices,
  extraGroups,
  isolation,
  limits,
  log,
  personality,
  initPath,
  rootfs,
  notify,
  volumesFrom = [],
}: CreateOptions): Partial<ContainerSettings> {
  return {
    ...(noNewPrivileges === undefined ? {} : { noNewPrivileges }),
    ...(rlimits === undefined ? {} : { rlimits }),
    ...(shmSize === undefined ? {} : { shmSize }),
    ...(sysctl === undefined ? {} : { sysctl }),
    ...(devices === undefined ? {} : { devices }),
    ...(extraGroups === undefined ? {} : { extraGroups }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(limits === undefined ? {} : { limits }),
    ...(personality === undefined ? {} : { personality }),
    ...(initPath === undefined ? {} : { initPath }),
    ...(rootfs === undefined ? {} : { rootfs }),
    ...(notify === undefined ? {} : { notify }),
    ...(volumesFrom.length === 0 ? {} : { volumesFrom }),
    ...(log === undefined ? {} : { log: { driver: "k8s-file", ...log } }),
  };
}

/** An entrypoint of the user's takes the image's command away, since that was made for the image's entrypoint. */
function decideCommand(
  { Entrypoint = [], Cmd = [] }: ContainerConfig,
  { entrypoint, command = [] }: CreateOptions,
): { entrypoint: readonly string[]; command: readonly string[] } {
  if (entrypoint === undefined)
    return { entrypoint: Entrypoint, command: command.length > 0 ? command : Cmd };
  return { entrypoint: entrypoint.filter((word) => word !== ""), command };
}
