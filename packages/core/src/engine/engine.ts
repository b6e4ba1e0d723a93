import { locate, type Environment, type Locations } from "../config/index.ts";
import { Store } from "../store/index.ts";
import type { NamespaceWorker, UserNamespace } from "../userns/index.ts";
import type { Host } from "./host.ts";

/** Choices a user makes for a whole command, before what to do. */
export interface EngineOptions {
  /** Folder of the store; default `$XDG_DATA_HOME/wherry`. */
  readonly root?: string;
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
  readonly signal: AbortSignal | undefined;
  #store: Store | undefined;
  #namespace: Promise<UserNamespace> | undefined;
  #worker: Promise<NamespaceWorker> | undefined;

  private constructor(host: Host, { root, signal }: EngineOptions) {
    this.host = host;
    this.environment = { env: host.env, home: host.home, uid: host.uid, etc: host.etc };
    const locations = locate(this.environment);
    this.locations = root === undefined ? locations : { ...locations, dataDir: root };
    this.signal = signal;
  }

  static open(host: Host, options: EngineOptions = {}): Engine {
    return new Engine(host, options);
  }

  /** The store of images and containers. */
  get store(): Store {
    this.#store ??= Store.open(this.locations.dataDir);
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
    await (await this.#worker)?.[Symbol.asyncDispose]();
    this.#store?.[Symbol.dispose]();
  }

  async #openNamespace(): Promise<UserNamespace> {
    const { UserNamespace } = await import("../userns/index.ts");
    const { uid, gid, userName, etc, procRoot, env } = this.host;
    const { runtimeDir } = this.locations;
    return UserNamespace.open({ uid, gid, userName, runtimeDir, etc, procRoot, searchPath: env["PATH"] });
  }

  async #openWorker(): Promise<NamespaceWorker> {
    const { NamespaceWorker } = await import("../userns/index.ts");
    const program = this.host.workerProgram;
    if (program === undefined) throw new Error("this program was built without the worker");
    return new NamespaceWorker(() => this.userNamespace(), program);
  }
}
