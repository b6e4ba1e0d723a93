/// <reference path="./undici-parts.d.ts" />
import { Readable } from "node:stream";
import type { Dispatcher, EnvHttpProxyAgent } from "undici";
import { WherryError } from "../error/index.ts";
import { readAll } from "../io/index.ts";
import type { Limits } from "./access.ts";
import { unreachable } from "./network-failure.ts";
import { proxyFor, type ProxyEnvironment } from "./proxy.ts";
import { tlsOptions, type TlsSettings } from "./trust.ts";

/** One request on the wire: no credentials added, no redirect followed, nothing repeated. */
export interface WireRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
}

/** The answer to a request, its body still to be read, or given up with `discard`. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

type RequestFunction = (
  this: Dispatcher,
  options: Dispatcher.RequestOptions,
) => Promise<Dispatcher.ResponseData>;

/**
 * The connections of one registry client: to the registry itself, and to the hosts it names (token server, storage).
 * Those never see the client certificate.
 */
export class Connections implements AsyncDisposable {
  readonly #registryTls: TlsSettings;
  readonly #limits: Limits;
  readonly #proxies: ProxyEnvironment;
  readonly #signal: AbortSignal | undefined;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(tls: TlsSettings, limits: Limits, proxies: ProxyEnvironment, signal: AbortSignal | undefined) {
    this.#registryTls = tls;
    this.#limits = limits;
    this.#proxies = proxies;
    this.#signal = signal;
  }

  /**
   * Sends a request.
   *
   * @param toRegistry whether the URL is the registry's own.
   * @throws {RegistryUnreachableError}, or the reason of the signal.
   */
  async send(request: WireRequest, toRegistry: boolean): Promise<Answer> {
    this.#signal?.throwIfAborted();
    const { url, method, headers, body } = request;
    const send = await loadRequestFunction();
    const dispatcher = await this.#dispatcherFor(url, toRegistry);
    try {
      const answer = await send.call(dispatcher, {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        headersTimeout: this.#limits.headersTimeoutMs,
        bodyTimeout: this.#limits.bodyTimeoutMs,
        highWaterMark: 256 * 1024,
        ...(body === undefined ? {} : { body }),
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      });
      // given up or cut, a body nobody reads any more must not end the process
      answer.body.on("error", () => undefined);
      return { url, status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw unreachable(url, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispatcher of this.#dispatchers.values()) await (await dispatcher).destroy();
    this.#dispatchers.clear();
  }

  #dispatcherFor(url: URL, toRegistry: boolean): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#proxies);
    const kind = `${url.protocol === "https:" && toRegistry ? "registry " : ""}${url.protocol} ${proxy ?? ""}`;
    let dispatcher = this.#dispatchers.get(kind);
    if (dispatcher === undefined) {
      dispatcher = this.#open(url, toRegistry, proxy);
      this.#dispatchers.set(kind, dispatcher);
    }
    return dispatcher;
  }

  async #open(url: URL, toRegistry: boolean, proxy: string | undefined): Promise<Dispatcher> {
    const tls = toRegistry ? this.#registryTls : { ...this.#registryTls, cert: undefined, key: undefined };
    const connect = url.protocol === "https:" ? await tlsOptions(tls) : {};
    const options = {
      allowH2: false,
      connections: 16,
      pipelining: 1,
      connect: { ...connect, timeout: this.#limits.connectTimeoutMs },
    };
    if (proxy === undefined) {
      const { default: Agent } = await import("undici/lib/dispatcher/agent.js");
      return new Agent(options);
    }
    const EnvHttpProxyAgent = await loadProxyAgent();
    return new EnvHttpProxyAgent({
      ...options,
      httpProxy: proxy,
      httpsProxy: proxy,
      noProxy: this.#proxies.noProxy,
      requestTls: connect,
    });
  }
}

let requestFunction: Promise<RequestFunction> | undefined;

function loadRequestFunction(): Promise<RequestFunction> {
  requestFunction ??= import("undici/lib/api/api-request.js").then((module) => module.default);
  return requestFunction;
}

/** Dispatchers get their methods in undici's index, which is not loaded; proxies need `connect`. */
async function loadProxyAgent(): Promise<typeof EnvHttpProxyAgent> {
  const [{ default: agent }, { default: dispatcher }, { default: connect }] = await Promise.all([
    import("undici/lib/dispatcher/env-http-proxy-agent.js"),
    import("undici/lib/dispatcher/dispatcher.js"),
    import("undici/lib/api/api-connect.js"),
  ]);
  dispatcher.prototype.connect = connect;
  return agent;
}

/** Reads and drops what is left of a small answer, so that its connection can be used again; gives up on a large one. */
export async function discard({ body }: Answer): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > 64 * 1024) break;
    }
  } catch {
    // the answer is not wanted: how its body ends does not matter
  }
}

/** The answer with its body read into memory: a connection cut within it then counts as a failure of the request. */
export async function collect(answer: Answer, limit: number, what: string): Promise<Answer> {
  try {
    const bytes = await readAll(answer.body as AsyncIterable<Uint8Array>, limit, what);
    return { ...answer, body: Readable.from([bytes]) };
  } catch (error) {
    throw error instanceof WherryError ? error : unreachable(answer.url, error);
  }
}

/** The first value of a header. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}
