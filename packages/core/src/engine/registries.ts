import {
  certificatesFor,
  CredentialStore,
  readRegistriesConf,
  ShortNameError,
  shortNameCandidates,
  type Credentials,
  type Environment,
  type RegistriesConf,
  type RegistryEndpoint,
} from "../config/index.ts";
import { isShortName, parseReference, type Reference } from "../reference/index.ts";
import { RegistryClient } from "../registry/index.ts";

/** How registries are spoken to in one command, or on one side of it; what is absent is as configuration says. */
export interface RegistryOptions {
  /** False: accept any certificate and plain HTTP. True: do not, even where registries.conf says insecure. */
  readonly tlsVerify?: boolean;
  /** Instead of stored ones; never sent to a mirror. */
  readonly credentials?: Credentials;
  /** Send no credentials at all. */
  readonly anonymous?: boolean;
  readonly authFile?: string;
  /** Keep logins in that file as docker reads them. */
  readonly dockerCompatible?: boolean;
  /** Folder with *.crt, *.cert and *.key, instead of certs.d. */
  readonly certDir?: string;
  /** Tries of each request, the first included. */
  readonly attempts?: number;
  /** Pause before the second try of a request, in ms; it doubles with each. */
  readonly pauseMs?: number;
  /** Where the docker daemon listens, such as `unix:///var/run/docker.sock`, instead of what the environment says. */
  readonly daemonHost?: string;
  /** Stands before the name that registries are told. */
  readonly userAgentPrefix?: string;
  /** Told of each request, without its secrets. */
  readonly onRequest?: (line: string) => void;
  /** Longest pause to make when a registry asks for one, in ms. */
  readonly maximumRetryAfterMs?: number;
  /** Told each time a registry, by its `host[:port]`, asks for fewer requests, and of the pause in ms that it asked for. */
  readonly onThrottled?: (location: string, pauseMs?: number) => void;
}

/** The registries of one command: one client for each, with connections, tokens and credentials shared by all that asks. */
export class Registries implements AsyncDisposable {
  readonly conf: RegistriesConf;
  readonly credentialStore: CredentialStore;
  readonly #environment: Environment;
  readonly #options: RegistryOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #clients = new Map<string, RegistryClient>();

  private constructor(
    conf: RegistriesConf,
    environment: Environment,
    options: RegistryOptions,
    signal: AbortSignal | undefined,
  ) {
    const { authFile, dockerCompatible } = options;
    this.conf = conf;
    this.credentialStore = new CredentialStore(environment, {
      helpers: conf.credentialHelpers,
      signal,
      ...(authFile === undefined ? {} : { authFile }),
      ...(dockerCompatible === undefined ? {} : { dockerCompatible }),
    });
    this.#environment = environment;
    this.#options = options;
    this.#signal = signal;
  }

  /** @throws {ConfigError} naming file and line when registries.conf cannot be read. */
  static async open(
    environment: Environment,
    options: RegistryOptions = {},
    signal?: AbortSignal,
  ): Promise<Registries> {
    return new Registries(await readRegistriesConf(environment), environment, options, signal);
  }

  /** The one client for a registry, made when first asked for. */
  clientFor({
    location,
    insecure,
    isMirror,
  }: Pick<RegistryEndpoint, "location" | "insecure" | "isMirror">): RegistryClient {
    const key = `${location} ${isMirror ? "mirror" : ""}`;
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = this.#connect(location, insecure, isMirror);
      this.#clients.set(key, client);
    }
    return client;
  }

  /**
   * The full names to try for a name as typed: itself, its alias, or the name in each of the search registries.
   *
   * @throws {ShortNameError} when configuration gives a short name no meaning
   */
  candidates(text: string): Reference[] {
    return shortNameCandidates(this.conf, text);
  }

  /** What a name as typed may be called in the store: `localhost/…` comes before what a pull would have given it. */
  storedCandidates(text: string): Reference[] {
    if (!isShortName(text)) return [parseReference(text)];
    return [parseReference(`localhost/${text}`), ...this.#pulledNames(text), parseReference(text)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client[Symbol.asyncDispose]()));
    this.#clients.clear();
  }

  #pulledNames(text: string): Reference[] {
    try {
      return this.candidates(text);
    } catch (error) {
      if (error instanceof ShortNameError) return [];
      throw error;
    }
  }

  #connect(host: string, insecure: boolean, isMirror: boolean): RegistryClient {
    const { userAgentPrefix, onRequest, tlsVerify, certDir, attempts, pauseMs, onThrottled } = this.#options;
    const { maximumRetryAfterMs } = this.#options;
    return new RegistryClient({
      host,
      insecure: tlsVerify === undefined ? insecure : !tlsVerify,
      ...certificatesFor(this.#environment, host, certDir),
      credentials: (repository) => this.#credentialsFor(host, repository, isMirror),
      proxyEnv: this.#environment.env,
      limits: {
        ...(attempts === undefined ? {} : { attempts }),
        ...(pauseMs === undefined ? {} : { firstPauseMs: pauseMs }),
        ...(maximumRetryAfterMs === undefined ? {} : { maximumRetryAfterMs }),
      },
      ...(userAgentPrefix === undefined ? {} : { userAgent: `${userAgentPrefix} wherry` }),
      ...(onRequest === undefined ? {} : { onRequest }),
      ...(onThrottled === undefined ? {} : { onThrottled: (ms?: number) => onThrottled(host, ms) }),
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
  }

  async #credentialsFor(
    host: string,
    repository: string | undefined,
    isMirror: boolean,
  ): Promise<Credentials | undefined> {
    const { anonymous = false, credentials } = this.#options;
    if (anonymous) return undefined;
    if (credentials !== undefined && !isMirror) return credentials;
    return (await this.credentialStore.find(host, repository))?.credentials;
  }
}
