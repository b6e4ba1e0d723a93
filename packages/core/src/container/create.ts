import { statSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { randomHex } from "../io/index.ts";
import {
  assignHostPorts,
  exposedPortMappings,
  type HostEntry,
  type NetworkMode,
  type PortMapping,
} from "../network/index.ts";
import { hostPlatform, type ContainerConfig, type ImageConfig } from "../oci/index.ts";
import { runsSystemd, SYSTEMD_STOP_SIGNAL, type MountRequest, type SecretRequest } from "../spec/index.ts";
import { NameInUseError, type StoredImage } from "../store/index.ts";
import { decideLifecycle, type LifecycleOptions } from "./decide-lifecycle.ts";
import { decideMounts } from "./decide-mounts.ts";
import { MountSourceMissingError, NoCommandError, NoHealthCheckError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { readTimezone } from "./isolate.ts";
import { getContainer } from "./list.ts";
import { checkLogFolder, type LogSettings } from "./log-settings.ts";
import { recordContainerEvent } from "./record-event.ts";
import { checkContainerName } from "./rename.ts";
import { randomName } from "./random-name.ts";
import { withDependencyIds } from "./dependencies.ts";
import { noteRequirements } from "./requirements.ts";
import type { Container, ContainerMount, ContainerSettings } from "./settings.ts";
import { decideSecrets, lendSecrets } from "./secrets.ts";
import { parseSignal } from "./signals.ts";
import { decideUserMaps, ensureMappedLayers } from "./user-maps.ts";

/** What a user asks for; all that is absent comes from the image or is podman's default. */
export interface CreateOptions extends Pick<
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
  readonly ports?: readonly PortMapping[];
  /** Every port the image exposes gets a free one of the host. */
  readonly publishAll?: boolean;
  /** Ports that are exposed besides the image's: `80`, `80-82/udp`. */
  readonly exposedPorts?: readonly string[];
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

const STOP_TIMEOUT = 10;
const NO_IMAGE: ImageConfig = { ...hostPlatform(), rootfs: { type: "layers", diff_ids: [] } };

/**
 * Makes a container out of an image, or of the folder that `rootfs` names: layers are unpacked, settings written down. Nothing runs yet.
 *
 * @throws {NoCommandError | NameInUseError | MountSourceMissingError | InvalidContainerNameError}
 */
export async function createContainer(
  host: ContainerHost,
  image: StoredImage | undefined,
  given: CreateOptions = {},
): Promise<Container> {
  const { store } = host;
  const options = withDependencyIds(host, given);
  if (options.name !== undefined) checkContainerName(options.name);
  const imageConfig = image === undefined ? NO_IMAGE : store.images.readConfig(image);
  const imageName = image?.names[0] ?? image?.id ?? "";
  const id = randomHex(32);
  const { mounts, ensureVolumes } = decideMounts(host, imageConfig.config ?? {}, {
    ...options,
    requests: options.volumes ?? [],
  });
  const config = {
    ...decideSettings(id, imageConfig, imageName, options, host.procRoot),
    mounts,
    ...(options.secrets === undefined ? {} : { secrets: decideSecrets(host, options.secrets) }),
    ...decideLifecycle(imageConfig.config ?? {}, withRequiredIds(host, options.lifecycle)),
    ...(image === undefined ? {} : { imageDigest: image.manifest.digest }),
    ...(host.runtime === undefined ? {} : { runtime: host.runtime }),
  };
  checkSources(config.mounts);
  if (options.notify === "healthy" && config.health === undefined)
    throw new NoHealthCheckError(options.name ?? imageName);
  if (options.log !== undefined) checkLogFolder(options.log);
  if (config.isolation?.timezone !== undefined) readTimezone(config.isolation.timezone, host.etc);
  if (image !== undefined) await ensureLayers(host, image, imageConfig);
  for (const other of options.images?.values() ?? [])
    await ensureLayers(host, other, store.images.readConfig(other));
  const { user, ...settings } = config;
  const container = await decideUserMaps(host, { ...options, user }, (decided) => {
    const record = { id, created: host.now().toISOString(), imageId: image?.id ?? "", imageName };
    return store.database.write(() => {
      ensureVolumes();
      return insertNamed(host, { ...record, config: { ...settings, ...decided } }, options.name);
    });
  });
  await finishContainer(host, container, image, () => lendSecrets(host, container));
  noteRequirements(host, container);
  recordContainerEvent(host, container, "create");
  return container;
}

/** Gives a new container its secrets, and the image's files with the owners its ids want; or it is not there. */
export async function finishContainer(
  host: ContainerHost,
  { id, config }: Container,
  image: StoredImage | undefined,
  giveSecrets: () => void,
): Promise<void> {
  try {
    giveSecrets();
    if (config.userMaps !== undefined && image !== undefined)
      await ensureMappedLayers(host, image, config.userMaps);
  } catch (error) {
    await host.store.containers.remove(id);
    throw error;
  }
}

function withRequiredIds(host: ContainerHost, options: LifecycleOptions = {}): LifecycleOptions {
  if (options.requires === undefined) return options;
  return { ...options, requires: options.requires.map((name) => getContainer(host, name).id) };
}

/** Has the layers of an image unpacked. */
export async function ensureLayers(
  host: ContainerHost,
  image: StoredImage,
  config: ImageConfig,
): Promise<void> {
  const { layers, images } = host.store;
  if (image.diffIds.every((diffId) => layers.has(diffId))) return;
  const manifest = images.readManifest(image);
  await layers.ensure(manifest, config, await host.worker());
}

/** A random name may be taken already: then another one is drawn. */
function insertNamed(
  host: ContainerHost,
  record: Omit<Container, "name">,
  name: string | undefined,
): Container {
  for (let tries = 0; ; tries++) {
    const container = { ...record, name: name ?? randomName() };
    try {
      host.store.containers.insert(container);
      return container;
    } catch (error) {
      if (name !== undefined || tries === 20 || !(error instanceof NameInUseError)) throw error;
    }
  }
}

function decideSettings(
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
  const exposed = exposedPorts(config, options);
  return {
    diffIds: image.rootfs.diff_ids,
    args,
    entrypoint,
    command,
    env: [
      ...(options.defaultEnv ?? []),
      ...(config.Env ?? []).filter((entry) => !isUnset(entry, options.unsetEnv)),
      ...mergedEnv(config.Env ?? [], options.mergedEnv),
      ...(options.env ?? []),
    ],
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
    ports: assignHostPorts([...(options.ports ?? []), ...exposed], procRoot),
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
    ...(log === undefined ? {} : { log: { driver: "k8s-file", ...log } }),
  };
}

/** Mappings for the ports that are exposed and that the user does not publish already, where all are to be published. */
function exposedPorts(
  { ExposedPorts = {} }: ContainerConfig,
  { exposedPorts: more = [], publishAll = false, ports = [] }: CreateOptions,
): PortMapping[] {
  const asked = exposedPortMappings(more);
  if (!publishAll) return [];
  const known = new Set(asked.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const ofImage = exposedPortMappings(Object.keys(ExposedPorts)).filter(
    ({ containerPort, protocol }) => !known.has(`${containerPort}/${protocol}`),
  );
  return [...ofImage, ...asked].filter(
    (port) =>
      !ports.some(
        ({ protocol, containerPort, range }) =>
          protocol === port.protocol &&
          port.containerPort >= containerPort &&
          port.containerPort < containerPort + range,
      ),
  );
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

function isUnset(entry: string, names: CreateOptions["unsetEnv"] = []): boolean {
  return names === "all" || names.includes(entry.split("=", 1)[0] ?? "");
}

/** The variables with what the image says put in for `$NAME` and `${NAME}`; nothing where it says nothing. */
function mergedEnv(imageEnv: readonly string[], merged: CreateOptions["mergedEnv"] = []): string[] {
  const values = new Map(
    imageEnv.map((entry) => [entry.split("=", 1)[0] ?? "", entry.replace(/^[^=]*=?/, "")]),
  );
  return merged.map(([name, text]) => {
    const value = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
      return values.get(braced ?? bare ?? "") ?? "";
    });
    return `${name}=${value}`;
  });
}

/** Fails for the first mounted path of the host that is not there. */
export function checkSources(mounts: readonly ContainerMount[]): void {
  for (const mount of mounts) {
    if (mount.type !== "bind") continue;
    try {
      statSync(mount.source);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw new MountSourceMissingError(mount.source);
      throw error;
    }
  }
}
