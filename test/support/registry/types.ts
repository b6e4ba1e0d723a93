import type { IncomingMessage } from "node:http";
import type { Fault, FaultList } from "./faults.ts";
import type { RegistryStorage } from "./storage.ts";
import type { TlsFiles } from "./tls.ts";

/** How the registry wants to be asked. */
export type RegistryAuth =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "bearer";
      /** Without them guests get tokens; guests may pull only when a user is named. */
      readonly username?: string;
      readonly password?: string;
      /** Accepted at the token server in exchange for a token. */
      readonly identityToken?: string;
      /** Seconds a token lives (default 300). */
      readonly tokenLife?: number;
      /** Another realm than the registry's own /token. */
      readonly realm?: string;
    };

export interface RegistryOptions {
  readonly auth?: RegistryAuth;
  readonly tls?: TlsFiles;
  readonly faults?: readonly Fault[];
  /** Asks clients for a certificate; any is accepted. */
  readonly requestCert?: boolean;
  /** Largest request body taken, in bytes; larger ones get 413. */
  readonly bodyLimit?: number;
  /** Takes an index whose images are not there. */
  readonly takesSparseIndexes?: boolean;
  /** Names on one page of a listing. */
  readonly pageSize?: number;
  /** Without the list of referrers (`fallback`), or with one that no query filters. */
  readonly referrers?: "fallback" | "unfiltered";
  /** Sends the content of blobs from another origin: GET answers 307. */
  readonly redirectBlobsTo?: string;
}

/** One request the registry got. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Common name of the certificate the client showed. */
  readonly clientCertificate: string | undefined;
  status: number;
  /** Bytes of the answer's body handed to the network. */
  sent: number;
  /** Bytes of the request's body that arrived. */
  received: number;
}

/** What serving a request needs of the registry. */
export interface ServedRegistry {
  readonly storage: RegistryStorage;
  readonly options: RegistryOptions;
  readonly faults: FaultList;
  /** Token → what it allows and when it ends (ms). */
  readonly tokens: Map<string, { scopes: string[]; expires: number }>;
  /** Scheme and host. */
  readonly url: string;
}
