import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegistriesConf, RegistryEndpoint } from "../../config/index.ts";
import { RegistryClient } from "../../registry/index.ts";
import { Store, type LayerWorker } from "../../store/index.ts";
import type { RegistryProvider, TransportContext } from "../context.ts";

/** A world for transports below one temporary folder: a store, plain registries, no configuration. */
export class TestContext implements TransportContext, AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "wherry-transport-"));
  readonly temporaryDirectory = join(this.folder, "tmp");
  worker?: () => Promise<LayerWorker>;
  conf: RegistriesConf = {
    path: "registries.conf",
    registries: [],
    unqualifiedSearchRegistries: [],
    shortNameMode: "permissive",
    aliases: new Map(),
    credentialHelpers: [],
  };
  readonly #store = Store.open(join(this.folder, "store"));
  readonly #clients = new Map<string, RegistryClient>();

  /** A path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  readonly store = (): Store => this.#store;

  readonly registries = (): Promise<RegistryProvider> =>
    Promise.resolve({ conf: this.conf, clientFor: (endpoint) => this.#clientFor(endpoint) });

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client[Symbol.asyncDispose]();
    this.#store[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #clientFor({ location }: RegistryEndpoint): RegistryClient {
    const limits = { firstPauseMs: 1, maximumPauseMs: 2 };
    const client =
      this.#clients.get(location) ?? new RegistryClient({ host: location, insecure: true, limits });
    this.#clients.set(location, client);
    return client;
  }
}
