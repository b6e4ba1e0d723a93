import type { Lookasides, RegistriesConf, RegistryEndpoint } from "../config/index.ts";
import type { Reference } from "../reference/index.ts";
import type { RegistryClient } from "../registry/index.ts";
import type { LayerWorker, Store } from "../store/index.ts";

/** The registries of one command. */
export interface RegistryProvider {
  /** registries.conf: mirrors, blocked and insecure registries. */
  readonly conf: RegistriesConf;
  /** The one client of this process for a registry. Transports do not close it. */
  clientFor(endpoint: RegistryEndpoint): RegistryClient;
}

/** What transports need of the world. Functions are called only when a name asks for them. */
export interface TransportContext {
  readonly registries: () => Promise<RegistryProvider>;
  readonly store: () => Store;
  /** Where the signatures of images in registries are; without it they have none. */
  readonly lookasides?: () => Promise<Lookasides>;
  /** What a short name may stand for in the store; default `localhost/` and docker.io. */
  readonly candidates?: (text: string) => Promise<readonly Reference[]>;
  /** Unpacks layers while an image comes into the store; without it they are unpacked at the first run. */
  readonly worker?: () => Promise<LayerWorker>;
  /** The environment, for what docker's own client reads there. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder for archives that come through a pipe, and for layers being converted. */
  readonly temporaryDirectory: string;
}
