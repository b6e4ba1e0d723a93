import { existsSync } from "node:fs";
import { containersFolders, type Environment } from "./environment.ts";
import { InvalidConfigurationError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { mergeTables } from "./merge.ts";
import { dropIns, readTomlFiles, type Table } from "./toml-file.ts";

/** containers.conf(5) as far as it is used; what is absent was set nowhere. */
export interface ContainersConf {
  readonly containers: {
    readonly annotations?: readonly string[];
    readonly capabilities?: readonly string[];
    readonly defaultSysctls?: readonly string[];
    readonly defaultUlimits?: readonly string[];
    readonly devices?: readonly string[];
    readonly dnsServers?: readonly string[];
    readonly env?: readonly string[];
    readonly envHost?: boolean;
    readonly httpProxy?: boolean;
    readonly init?: boolean;
    readonly initPath?: string;
    readonly logDriver?: string;
    readonly logSizeMax?: number;
    readonly mounts?: readonly string[];
    readonly noHosts?: boolean;
    readonly pidsLimit?: number;
    readonly readOnly?: boolean;
    readonly seccompProfile?: string;
    /** As written, such as "64m". */
    readonly shmSize?: string;
    readonly timezone?: string;
    readonly umask?: string;
    readonly volumes?: readonly string[];
  };
  readonly engine: {
    readonly cgroupManager?: string;
    readonly conmonPath?: readonly string[];
    readonly detachKeys?: string;
    readonly helperBinariesDir?: readonly string[];
    readonly imageParallelCopies?: number;
    /** Name of the OCI runtime. */
    readonly runtime?: string;
    /** Runtime → paths to look at. */
    readonly runtimes: ReadonlyMap<string, readonly string[]>;
    /** Seconds between the stop signal and the kill. */
    readonly stopTimeout?: number;
    readonly env?: readonly string[];
    readonly eventsLogger?: string;
    readonly hooksDir?: readonly string[];
    readonly volumePath?: string;
  };
  readonly network: {
    readonly defaultRootlessNetworkCmd?: string;
    readonly pastaOptions?: readonly string[];
  };
  /** All files merged, for settings that have no type here yet. */
  readonly table: Table;
}

/**
 * Reads containers.conf: /usr/share, /etc, its drop-ins, the user's, its drop-ins, each over those before. Only the file
 * `$CONTAINERS_CONF` names if it is set; then modules; the one `$CONTAINERS_CONF_OVERRIDE` names goes over all.
 *
 * @param modules their files
 * @throws {InvalidConfigurationError}
 */
export async function readContainersConf(
  environment: Environment,
  modules: readonly string[] = [],
): Promise<ContainersConf> {
  const files = await readTomlFiles(pathsOf(environment, modules));
  const table = mergeTables(files);
  return typed(files.at(-1)?.path ?? "containers.conf", table);
}

/** What holds where no file says otherwise. */
export const NO_CONTAINERS_CONF: ContainersConf = {
  containers: {},
  engine: { runtimes: new Map() },
  network: {},
  table: {},
};

/**
 * Whether somebody changed anything: the environment names a file, or the administrator or the user has one. The
 * distribution's file alone spells out the defaults, and reading it would cost every command some milliseconds.
 */
export function hasContainersConf(environment: Environment): boolean {
  const { etc, user } = containersFolders(environment);
  const isNamed = ["CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE"].some(
    (name) => (environment.env[name] ?? "") !== "",
  );
  return (
    isNamed ||
    [etc, user].some(
      (folder) => existsSync(`${folder}/containers.conf`) || existsSync(`${folder}/containers.conf.d`),
    )
  );
}

function pathsOf(environment: Environment, modules: readonly string[]): string[] {
  const { usrShare, etc, user } = containersFolders(environment);
  const [only, override] = ["CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE"].map((name) => {
    const path = environment.env[name] ?? "";
    if (path !== "" && !existsSync(path))
      throw new InvalidConfigurationError(path, `named by ${name}, but missing`);
    return path === "" ? [] : [path];
  }) as [string[], string[]];
  const name = "containers.conf";
  const usual = [
    `${usrShare}/${name}`,
    `${etc}/${name}`,
    ...dropIns(`${etc}/${name}.d`),
    `${user}/${name}`,
    ...dropIns(`${user}/${name}.d`),
  ];
  return [...(only.length > 0 ? only : usual), ...modules, ...override];
}

function typed(path: string, table: Table): ContainersConf {
  const root = new Fields(path, table);
  const containers = root.table("containers");
  const engine = root.table("engine");
  const network = root.table("network");
  const runtimes = engine.table("runtimes");
  return {
    containers: present({
      annotations: containers.strings("annotations"),
      capabilities: containers.strings("default_capabilities"),
      defaultSysctls: containers.strings("default_sysctls"),
      defaultUlimits: containers.strings("default_ulimits"),
      devices: containers.strings("devices"),
      dnsServers: containers.strings("dns_servers"),
      env: containers.strings("env"),
      envHost: containers.boolean("env_host"),
      httpProxy: containers.boolean("http_proxy"),
      init: containers.boolean("init"),
      initPath: containers.string("init_path"),
      logDriver: containers.string("log_driver"),
      logSizeMax: containers.integer("log_size_max"),
      mounts: containers.strings("mounts"),
      noHosts: containers.boolean("no_hosts"),
      pidsLimit: containers.integer("pids_limit"),
      readOnly: containers.boolean("read_only"),
      seccompProfile: containers.string("seccomp_profile"),
      shmSize: containers.string("shm_size"),
      timezone: containers.string("tz"),
      umask: containers.string("umask"),
      volumes: containers.strings("volumes"),
    }),
    engine: {
      ...present({
        cgroupManager: engine.string("cgroup_manager"),
        conmonPath: engine.strings("conmon_path"),
        detachKeys: engine.string("detach_keys"),
        helperBinariesDir: engine.strings("helper_binaries_dir"),
        imageParallelCopies: engine.integer("image_parallel_copies"),
        runtime: engine.string("runtime"),
        stopTimeout: engine.integer("stop_timeout"),
        env: engine.strings("env"),
        eventsLogger: engine.string("events_logger"),
        hooksDir: engine.strings("hooks_dir"),
        volumePath: engine.string("volume_path"),
      }),
      runtimes: new Map(runtimes.names().map((name) => [name, runtimes.strings(name) ?? []])),
    },
    network: present({
      defaultRootlessNetworkCmd: network.string("default_rootless_network_cmd"),
      pastaOptions: network.strings("pasta_options"),
    }),
    table,
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
