import type { Environment, Locations, Lookasides } from "../config/index.ts";
import type { LayerWorker, Store } from "../store/index.ts";
import type { TransportContext, TransportName } from "../transport/index.ts";
import type { Host } from "./host.ts";
import type { PolicyChoice } from "./admit-source.ts";
import type { Choose } from "./choose-short-name.ts";
import type { Registries, RegistryOptions } from "./registries.ts";

/** What of the engine the work on images anywhere needs. */
export interface ImageHost {
  readonly host: Host;
  readonly environment: Environment;
  readonly locations: Locations;
  readonly signal: AbortSignal | undefined;
  readonly store: Store;
  /** How registries are spoken to, where a call says nothing else. */
  readonly registryDefaults?: RegistryOptions;
  /** Which policy says what images may be taken; default what configuration says. */
  readonly policy: PolicyChoice;
  /** Asks the user which of several images is meant; absent where nobody is to be asked. */
  readonly choose?: Choose | undefined;
}

/** The registries of one side of a command, opened when first asked for. */
export class Connection implements AsyncDisposable {
  readonly context: TransportContext;
  readonly #engine: ImageHost;
  readonly #options: RegistryOptions;
  #registries: Promise<Registries> | undefined;
  #lookasides: Promise<Lookasides> | undefined;

  /** @param worker unpacks what comes into the store; without it layers are unpacked at the first run */
  constructor(engine: ImageHost, options: RegistryOptions = {}, worker?: () => Promise<LayerWorker>) {
    this.#engine = engine;
    this.#options = options;
    this.context = {
      registries: () => this.registries(),
      store: () => engine.store,
      lookasides: () => (this.#lookasides ??= readLookasidesOf(engine)),
      candidates: async (text) => (await this.registries()).storedCandidates(text),
      ...(worker === undefined ? {} : { worker }),
      env:
        options.daemonHost === undefined
          ? engine.host.env
          : { ...engine.host.env, DOCKER_HOST: options.daemonHost },
      temporaryDirectory: temporaryDirectoryOf(engine),
    };
  }

  registries(): Promise<Registries> {
    this.#registries ??= openRegistries(this.#engine, this.#options);
    return this.#registries;
  }

  /** @param limit as many are listed at most */
  async tagsOf(
    { reference }: TransportName & { readonly transport: "docker" },
    limit = Infinity,
  ): Promise<string[]> {
    const { endpointsFor } = await import("../config/index.ts");
    const { formatReference } = await import("../reference/index.ts");
    const { BlockedRegistryError } = await import("../transport/index.ts");
    const registries = await this.registries();
    const { blocked, primary } = endpointsFor(registries.conf, reference);
    if (blocked) throw new BlockedRegistryError(reference.registry, formatReference(reference));
    const tags: string[] = [];
    for await (const tag of registries.clientFor(primary).listTags(primary.repository)) {
      if (tags.length >= limit) break;
      tags.push(tag);
    }
    return tags;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#registries?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

async function readLookasidesOf({ environment }: Pick<ImageHost, "environment">): Promise<Lookasides> {
  const { readLookasides } = await import("../config/index.ts");
  return readLookasides(environment);
}

/** Folder for archives that come through a pipe, and for layers being converted. */
export function temporaryDirectoryOf({ host }: Pick<ImageHost, "host">): string {
  return host.env["TMPDIR"] ?? "/var/tmp";
}

/** The registries of one command; their code is loaded only now. */
export async function openRegistries(
  { environment, signal, registryDefaults }: Pick<ImageHost, "environment" | "signal" | "registryDefaults">,
  options: RegistryOptions = {},
): Promise<Registries> {
  const { Registries } = await import("./registries.ts");
  return Registries.open(environment, { ...registryDefaults, ...options }, signal);
}
