import type { Credentials } from "../config/index.ts";
import type { Clock } from "./clock.ts";

/** How to reach one registry. */
export interface RegistryAccess {
  /** `host[:port]`, as in image names; docker.io is Docker Hub. */
  readonly host: string;
  /** Accept any certificate, and plain HTTP when there is no TLS. */
  readonly insecure?: boolean;
  /** Certificate authorities to trust besides the system's, as PEM. */
  readonly ca?: readonly string[];
  /** Client certificate and its key, as PEM. Shown to the registry only, not to hosts it sends us to. */
  readonly cert?: string;
  readonly key?: string;
  /** Asked when the registry first wants to know who we are; for each repository, since logins may be namespaced. */
  readonly credentials?: (repository?: string) => Promise<Credentials | undefined>;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY in either spelling are read from here. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
  /** Ends every request. */
  readonly signal?: AbortSignal;
  readonly userAgent?: string;
  /** Told of each request and its answer's status: method, host and path, never headers or query, which may be secret. */
  readonly onRequest?: (line: string) => void;
  /** Told what the registry warns of (RFC 7234 section 5.5), each text once. */
  readonly onWarning?: (text: string) => void;
  /** Told each time the registry asks for fewer requests (429 or 503), before the pause that follows: its ms, if it asked for one. */
  readonly onThrottled?: (pauseMs?: number) => void;
  readonly limits?: Partial<Limits>;
  /** Time and chance; tests have their own. */
  readonly clock?: Clock;
}

/** How long to wait and how much to take. */
export interface Limits {
  /** Tries of one request, the first included. */
  readonly attempts: number;
  /** Pause before the second try, in ms; doubles each time, up to `maximumPauseMs`. */
  readonly firstPauseMs: number;
  readonly maximumPauseMs: number;
  /** Longest Retry-After to obey, in ms; beyond it the request fails at once. */
  readonly maximumRetryAfterMs: number;
  readonly connectTimeoutMs: number;
  /** Silence before the first byte of an answer. */
  readonly headersTimeoutMs: number;
  /** Silence within an answer. */
  readonly bodyTimeoutMs: number;
  /** Bytes of one chunk where the registry refuses a blob in one piece. */
  readonly chunkSize: number;
  /** Bytes of an upload kept in memory, to send them again after a failure. At least `chunkSize`. */
  readonly replaySize: number;
}

export const DEFAULT_LIMITS: Limits = {
  attempts: 5,
  firstPauseMs: 500,
  maximumPauseMs: 20_000,
  maximumRetryAfterMs: 120_000,
  connectTimeoutMs: 15_000,
  headersTimeoutMs: 120_000,
  bodyTimeoutMs: 60_000,
  chunkSize: 8 * 1024 * 1024,
  replaySize: 8 * 1024 * 1024,
};
