import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  hasContainersConf,
  locate,
  namedRuntimeFolder,
  NO_CONTAINERS_CONF,
  readContainersConf,
  readStorageConf,
  resolveModules,
  type ContainersConf,
  type Environment,
  type Locations,
} from "../config/index.ts";
import { Store } from "../store/index.ts";
import type { NamespaceWorker, UserNamespace } from "../userns/index.ts";
import type { PolicyChoice } from "./admit-source.ts";
import type { Choose } from "./choose-short-name.ts";
import type { Host } from "./host.ts";
import type { RegistryOptions } from "./registries.ts";
import { hasSameIds } from "./store-ids.ts";
import { checkStorageDriver, storageNotices } from "./storage-driver.ts";

/** Choices a user makes for a whole command, before what to do. */
export interface EngineOptions {
  /** Folder of the store; default `$XDG_DATA_HOME/wherry`. */
  readonly root?: string;
  /** Folder for what does not survive a reboot; default `$XDG_RUNTIME_DIR/wherry`. */
  readonly runRoot?: string;
  /** Folder of the volumes; default in the store. */
  readonly volumePath?: string;
  readonly storageDriver?: string;
  readonly storageOptions?: readonly string[];
  /** Instead of the files registries.conf(5) names. */
  readonly registriesConf?: string;
  readonly registriesConfDir?: string;
  readonly shortNameAliases?: string;
  /** Instead of the folders containers-registries.d(5) names. */
  readonly registriesD?: string;
  /** Name or path of the OCI runtime; default the first that works. */
  readonly runtime?: string;
  /** Without the dashes before them, as podman takes them. */
  readonly runtimeFlags?: readonly string[];
  readonly conmon?: string;
  readonly cgroupManager?: string;
  readonly eventsBackend?: string;
  readonly hooksDirs?: readonly string[];
  /** Modules of containers.conf(5): names, or absolute paths. */
  readonly modules?: readonly string[];
  /** Asked for: a store of images apart from that of containers. */
  readonly imageStore?: string;
  /** Asked for: containers that do not outlive the host's uptime. */
  readonly transientStore?: boolean;
  /** Whether a service that the environment names is told to be left alone. */
  readonly isLocal?: boolean;
  /** Folder for big temporary files, instead of what the environment says. */
  readonly temporaryDirectory?: string;
  /** How registries are spoken to, where a call says nothing else. */
  readonly registryDefaults?: RegistryOptions;
  /** Which policy says what images may be taken; default what configuration says. */
  readonly policy?: PolicyChoice;
  /** Told of what the user should know, once it is seen. */
  readonly onNotice?: (notice: string) => void;
  /** Asks the user which of several images is meant. */
  readonly choose?: Choose;
  /** Ends everything under way, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/**
 * The one place where configuration becomes objects: store, user namespace, registries.
 * Nothing is opened before it is asked for; what was opened is closed by `await using`.
 */
export class Engine implements AsyncDisposable {
  readonly host: Host;
  readonly environment: Environment;
  readonly locations: Locations;
  /** containers.conf(5); empty where nobody changed it. */
  readonly conf: ContainersConf;
  /** What the user and containers.conf ask for; what is absent is for the engine to choose. */
  readonly options: EngineOptions;
  readonly signal: AbortSignal | undefined;
  /** How registries are spoken to, where a call says nothing else. */
  readonly registryDefaults: RegistryOptions;
  readonly policy: PolicyChoice;
  readonly choose: Choose | undefined;
  readonly onNotice: ((notice: string) => void) | undefined;
  /** What the user should know about what was asked for: one warning each. */
  readonly notices: readonly string[];
  /** Folder of the user namespace's holder, which all instances of a user share. */
  readonly #sessionDir: string;
  #store: Store | undefined;
  #namespace: Promise<UserNamespace> | undefined;
  #worker: Promise<NamespaceWorker> | undefined;

  private constructor(host: Host, options: EngineOptions, conf: ContainersConf) {
    const { root, runRoot, registriesConf, registriesConfDir, shortNameAliases, registriesD } = options;
    this.host = withTemporaryDirectory(withConfiguredEnv(host, conf), options.temporaryDirectory);
    this.environment = {
      ...{ env: this.host.env, home: host.home, uid: host.uid, etc: host.etc },
      ...(registriesConf === undefined ? {} : { registriesConf }),
      ...(registriesConfDir === undefined ? {} : { registriesConfDir }),
      ...(shortNameAliases === undefined ? {} : { shortNameAliases }),
      ...(registriesD === undefined ? {} : { registriesD }),
    };
    const usual = locate(this.environment);
    this.locations = {
      ...usual,
      ...(root === undefined ? {} : { dataDir: resolve(root) }),
      ...(runRoot === undefined ? {} : { runtimeDir: namedRuntimeFolder(runRoot, usual.runtimeDir) }),
    };
    this.#sessionDir = usual.runtimeDir;
    this.conf = conf;
    this.options = withConfigured(options, conf);
    this.signal = options.signal;
    this.registryDefaults = options.registryDefaults ?? {};
    this.policy = options.policy ?? {};
    this.choose = options.choose === undefined ? undefined : askingOnce(options.choose);
    this.onNotice = options.onNotice;
    this.notices = [
      ...checkStorageDriver(options.storageDriver ?? host.env["STORAGE_DRIVER"], options.storageOptions),
      ...storageNotices(options),
      ...eventsNotice(this.options.eventsBackend),
      ...serviceNotice(options, host.env),
    ];
  }

  /** An engine that no configuration file changes. */
  static open(host: Host, options: EngineOptions = {}): Engine {
    return new Engine(host, options, NO_CONTAINERS_CONF);
  }

  /**
   * An engine as the user, the environment and the configuration files ask for, each before the next.
   *
   * @throws {InvalidConfigurationError | ConfModuleMissingError | UnsupportedStorageError}
   */
  static async openConfigured(host: Host, options: EngineOptions = {}): Promise<Engine> {
    const environment = { env: host.env, home: host.home, uid: host.uid, etc: host.etc };
    const modules = options.modules === undefined ? undefined : resolveModules(environment, options.modules);
    const isConfigured = modules !== undefined || hasContainersConf(environment);
    const conf = isConfigured ? await readContainersConf(environment, modules) : NO_CONTAINERS_CONF;
    const found = {
      ...(await namedStorage(environment)),
      ...options,
      ...(modules === undefined ? {} : { modules }),
    };
    return new Engine(host, found, conf);
  }

  /** The store of images and containers. */
  get store(): Store {
    this.#store ??= Store.open(this.locations.dataDir, {
      volumes: this.options.volumePath,
      keepsEvents: this.options.eventsBackend !== "none",
    });
    return this.#store;
  }

  /** The user namespace in which trees with subordinate ids are handled and containers run; made when first needed. */
  userNamespace(): Promise<UserNamespace> {
    this.#namespace ??= this.#openNamespace();
    return this.#namespace;
  }

  /** The process that works inside the user namespace; started at its first task. */
  worker(): Promise<NamespaceWorker> {
    this.#worker ??= this.#openWorker();
    return this.#worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#worker?.catch(() => undefined))?.[Symbol.asyncDispose]();
    this.#store?.[Symbol.dispose]();
  }

  async #openNamespace(): Promise<UserNamespace> {
    const { UserNamespace } = await import("../userns/index.ts");
    const { uid, gid, userName, etc, procRoot, env } = this.host;
    const runtimeDir = this.#sessionDir;
    const { signal } = this;
    const own = { uid, gid, userName, runtimeDir, etc, procRoot, searchPath: env["PATH"], signal };
    const namespace = await UserNamespace.open(own);
    if (namespace.isRootless && !hasSameIds(this.locations.dataDir, namespace.idMaps))
      this.onNotice?.(changedIds(userName, etc));
    return namespace;
  }

  async #openWorker(): Promise<NamespaceWorker> {
    const { NamespaceWorker } = await import("../userns/index.ts");
    const program = this.host.workerProgram;
    if (program === undefined) throw new Error("this program was built without the worker");
    return new NamespaceWorker(() => this.userNamespace(), program);
  }
}

/** Who asks the same again gets the answer there was: an image for two platforms is chosen once. */
function askingOnce(choose: Choose): Choose {
  const answers = new Map<string, ReturnType<Choose>>();
  return (label, choices) => {
    const question = [label, ...choices].join("\n");
    const answer = answers.get(question) ?? choose(label, choices);
    answers.set(question, answer);
    return answer;
  };
}

function changedIds(userName: string, etc: string): string {
  return `the ids of ${userName} in ${etc}/subuid or ${etc}/subgid have changed since this store was made, and files in it belong to others now: run \`wherry system migrate\``;
}

/** The folders of the storage.conf that the environment names: wherry keeps its store inside, beside podman's. */
async function namedStorage(environment: Environment): Promise<EngineOptions> {
  if ((environment.env["CONTAINERS_STORAGE_CONF"] ?? "") === "") return {};
  const { graphRoot, runRoot, driver, imageStore, transientStore } = await readStorageConf(environment);
  return {
    ...{ root: `${graphRoot}/wherry`, runRoot: `${runRoot}/wherry`, storageDriver: driver, transientStore },
    ...(imageStore === undefined ? {} : { imageStore }),
  };
}

/** `[engine] env`: set for us and for all we start, where the environment does not say otherwise. */
function withConfiguredEnv(host: Host, { engine }: ContainersConf): Host {
  if (engine.env === undefined) return host;
  const configured = engine.env.map((entry) => {
    const equals = entry.indexOf("=");
    return equals === -1 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return { ...host, env: { ...(Object.fromEntries(configured) as Host["env"]), ...host.env } };
}

function withTemporaryDirectory(host: Host, folder: string | undefined): Host {
  return folder === undefined ? host : { ...host, env: { ...host.env, TMPDIR: resolve(folder) } };
}

/** There is no service to hand work to: whoever names one should know that the work is done here. */
function serviceNotice({ isLocal }: EngineOptions, env: Host["env"]): string[] {
  const named = ["CONTAINER_HOST", "CONTAINER_CONNECTION"].find((name) => (env[name] ?? "") !== "");
  if (isLocal !== true || named === undefined) return [];
  return [`${named} is set, and nothing is asked of a service: containers and images are those of this host`];
}

function eventsNotice(backend: string | undefined): string[] {
  return backend === "journald" ? ["events are written to a file: wherry does not write to the journal"] : [];
}

function withConfigured(options: EngineOptions, { engine }: ContainersConf): EngineOptions {
  const { runtime, cgroupManager, volumePath, eventsLogger: eventsBackend, conmonPath, hooksDir } = engine;
  const conmon = conmonPath?.find((path) => existsSync(path));
  return {
    ...(runtime === undefined ? {} : { runtime }),
    ...(cgroupManager === undefined ? {} : { cgroupManager }),
    ...(volumePath === undefined || volumePath === "" ? {} : { volumePath }),
    ...(eventsBackend === undefined ? {} : { eventsBackend }),
    ...(conmon === undefined ? {} : { conmon }),
    ...(hooksDir === undefined ? {} : { hooksDirs: hooksDir }),
    ...options,
    ...(options.volumePath === undefined ? {} : { volumePath: resolve(options.volumePath) }),
  };
}
