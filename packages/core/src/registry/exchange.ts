import type { Readable } from "node:stream";
import { DEFAULT_LIMITS, type RegistryAccess } from "./access.ts";
import { Authenticator, type Permission } from "./authenticator.ts";
import { systemClock } from "./clock.ts";
import { collect, Connections, discard, type Answer, type WireRequest } from "./connections.ts";
import { checkDestination, resolveUrl } from "./destinations.ts";
import { RegistryProtocolError } from "./errors.ts";
import { ANSWER_LIMIT, failureOf } from "./failure.ts";
import { Pacing } from "./pacing.ts";
import { findRegistry } from "./ping.ts";
import { readProxyEnvironment } from "./proxy.ts";

/** A request to the registry: may be sent again, follows redirects, carries the login. */
export interface RegistryRequest {
  readonly method: WireRequest["method"];
  /** Path below the registry's root with query, or a URL the registry named. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** What the login must allow; undefined for a request that nobody shall know us by. */
  readonly permission: Permission | undefined;
  /** Read a good answer's body into memory, so that a cut within it is tried again too. */
  readonly collect?: { readonly limit: number; readonly what: string };
}

/** A request whose body can be sent once only. */
export interface StreamRequest {
  readonly method: "PUT" | "PATCH";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Uint8Array;
  readonly permission: Permission;
}

const MAXIMUM_REDIRECTS = 10;
const WARNING = /299 \S+ "((?:[^"\\]|\\.)*)"/g;

/** Requests to one registry, with all that HTTP asks around them: login, redirects, pauses, further tries. */
export class Exchange implements AsyncDisposable {
  /** The registry's name, as in image names. */
  readonly host: string;
  readonly pacing: Pacing;
  readonly #access: RegistryAccess;
  readonly #connections: Connections;
  readonly #authenticators = new Map<string, Authenticator>();
  readonly #warnings = new Set<string>();
  #registry: Promise<URL> | undefined;

  constructor(access: RegistryAccess) {
    const { insecure = false, ca = [], cert, key, signal } = access;
    const limits = { ...DEFAULT_LIMITS, ...access.limits };
    this.#access = access;
    this.host = access.host;
    this.pacing = new Pacing(limits, access.clock ?? systemClock, signal, access.onThrottled);
    const proxies = readProxyEnvironment(access.proxyEnv);
    this.#connections = new Connections({ insecure, ca, cert, key }, limits, proxies, signal);
  }

  /** The registry's root URL: found out by the first request, then kept (distribution-spec "Determining Support"). */
  registry(): Promise<URL> {
    this.#registry ??= this.#findRegistry().catch((error: unknown) => {
      this.#registry = undefined;
      throw error;
    });
    return this.#registry;
  }

  /** Sends a request until its answer is final. The answer may still be a refusal. */
  async request(request: RegistryRequest): Promise<Answer> {
    const registry = await this.registry();
    const url = typeof request.target === "string" ? new URL(request.target, registry) : request.target;
    return this.pacing.repeat(async () => {
      const answer = await this.#follow(request, url, registry);
      if (request.collect === undefined || answer.status !== 200) return answer;
      return collect(answer, request.collect.limit, request.collect.what);
    });
  }

  /** Sends a body that can be sent once only: any answer is passed on, a redirect too. */
  async send(request: StreamRequest): Promise<Answer> {
    const registry = await this.registry();
    const authenticator = this.#authenticatorFor(request.url, registry);
    const authorization = await authenticator.authorize(request.permission);
    const { url, method, headers, body } = request;
    const answer = await this.#sendOnce({ method, url, headers, body }, authorization, registry);
    // so that the next try has another token
    if (answer.status === 401) await authenticator.reauthorize(answer, request.permission, authorization);
    return answer;
  }

  /** The Authorization header of requests to the registry with that permission; undefined where it wants none. */
  async authorization(permission: Permission): Promise<string | undefined> {
    const registry = await this.registry();
    return this.#authenticatorFor(registry, registry).authorize(permission);
  }

  /** The error for an answer that is no success. Reads its body. */
  async failure(
    answer: Answer,
    action: string,
    permission: Permission | undefined,
    hint?: string,
  ): Promise<Error> {
    const registry = await this.registry();
    const authenticator = this.#authenticatorFor(registry, registry);
    const hadCredentials =
      permission !== undefined && (await authenticator.credentials(permission.repository)) !== undefined;
    const retryAfterMs = this.pacing.retryAfter(answer);
    return failureOf(answer, { action, host: this.host, hadCredentials, retryAfterMs }, hint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }

  async #findRegistry(): Promise<URL> {
    const answer = await findRegistry(this.#access, (url) =>
      this.pacing.repeat(
        () => this.#sendOnce({ method: "GET", url, headers: {} }, undefined, url),
        () => true,
      ),
    );
    const registry = new URL("/", answer.url);
    this.#authenticatorFor(registry, registry).learn(answer);
    await discard(answer);
    return registry;
  }

  /** One try, through all redirects. Each hop is judged by itself: only the registry sees our login. */
  async #follow(request: RegistryRequest, start: URL, registry: URL): Promise<Answer> {
    let url = start;
    for (let hop = 0; hop <= MAXIMUM_REDIRECTS; hop++) {
      const answer = await this.#authenticated(request, url, registry);
      const location = redirectOf(answer, request.method);
      if (location === undefined) return answer;
      await discard(answer);
      url = resolveUrl(location, answer.url, "a redirect");
      checkDestination(url, registry, "a redirect to");
    }
    throw new RegistryProtocolError(this.host, `redirects more than ${MAXIMUM_REDIRECTS} times`);
  }

  async #authenticated(request: RegistryRequest, url: URL, registry: URL): Promise<Answer> {
    const { method, headers = {}, body, permission } = request;
    const wire = { method, url, headers, ...(body === undefined ? {} : { body }) };
    if (permission === undefined) return this.#sendOnce(wire, undefined, registry);
    const authenticator = this.#authenticatorFor(url, registry);
    const authorization = await authenticator.authorize(permission);
    const answer = await this.#sendOnce(wire, authorization, registry);
    if (answer.status !== 401) return answer;
    const again = await authenticator.reauthorize(answer, permission, authorization);
    if (again === undefined) return answer;
    await discard(answer);
    return this.#sendOnce(wire, again, registry);
  }

  /** The authenticator of the host: the registry's has the login, those of other hosts ask as guests. */
  #authenticatorFor({ origin }: URL, registry: URL): Authenticator {
    let authenticator = this.#authenticators.get(origin);
    if (authenticator === undefined) {
      const isRegistry = origin === registry.origin;
      authenticator = new Authenticator({
        registry: isRegistry ? registry : new URL(origin),
        host: isRegistry ? this.host : new URL(origin).host,
        credentials: isRegistry ? this.#access.credentials : undefined,
        send: (request) =>
          this.pacing.repeat(async () => {
            const answer = await this.#sendOnce(request, undefined, registry);
            return answer.status === 200
              ? collect(answer, ANSWER_LIMIT, "the token server's answer")
              : answer;
          }),
        now: () => this.pacing.clock.now(),
      });
      this.#authenticators.set(origin, authenticator);
    }
    return authenticator;
  }

  async #sendOnce(request: WireRequest, authorization: string | undefined, registry: URL): Promise<Answer> {
    const { url } = request;
    await this.pacing.ready(url.host);
    const headers = {
      "user-agent": this.#access.userAgent ?? "wherry",
      ...request.headers,
      ...(authorization === undefined ? {} : { authorization }),
    };
    const answer = await this.#connections.send({ ...request, headers }, url.origin === registry.origin);
    this.#access.onRequest?.(`${request.method} ${url.origin}${url.pathname} ${answer.status}`);
    this.#passOnWarnings(answer);
    return answer;
  }

  /** distribution-spec "Warnings". */
  #passOnWarnings(answer: Answer): void {
    const header = answer.headers["warning"];
    if (header === undefined) return;
    for (const [, text = ""] of header.matchAll(WARNING)) {
      if (this.#warnings.has(text)) continue;
      this.#warnings.add(text);
      this.#access.onWarning?.(text.replace(/\\(.)/g, "$1").replace(/[^\x20-\x7e]+/g, " "));
    }
  }
}

/** Where an answer redirects a request with that method; undefined when it does not. */
function redirectOf(answer: Answer, method: string): string | undefined {
  const { status } = answer;
  const isRead = method === "GET" || method === "HEAD";
  if (status === 307 || status === 308 || (isRead && [301, 302, 303].includes(status))) {
    return answer.headers["location"];
  }
  return undefined;
}
