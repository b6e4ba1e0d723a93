import { Readable } from "node:stream";
import { WherryError } from "../error/index.ts";
import type { Limits } from "./access.ts";
import { TimedOut, unreachable } from "./network-failure.ts";
import { proxyFor, type ProxyEnvironment } from "./proxy.ts";
import type { TlsSettings } from "./trust.ts";
import { readBody, type Answer } from "./wire/answer.ts";
import { Connection } from "./wire/connection.ts";
import { proxyAuthorization, type Way } from "./wire/dial.ts";
import { Sending, type WireRequest } from "./wire/sending.ts";

export { discard, giveUp, readBody, streamOf, type Answer } from "./wire/answer.ts";
export type { WireRequest } from "./wire/sending.ts";

/**
 * Connections to one host: twice what budgets allow at most, since a download holds one while the upload of the same blob
 * needs another, and some for the small requests between.
 */
const MOST_CONNECTIONS = 40;

/** The connections to one host, or to a proxy. */
interface Host {
  readonly way: Way;
  readonly idle: Connection[];
  /** Connections that there are, or that are being opened. */
  count: number;
  readonly waiting: (() => void)[];
}

/**
 * The connections of one registry client: to the registry itself, and to the hosts it names (token server, storage).
 * Those never see the client certificate. Connections are kept for the next request as long as the client lives.
 */
export class Connections implements AsyncDisposable {
  readonly #registryTls: TlsSettings;
  readonly #otherTls: TlsSettings;
  readonly #limits: Limits;
  readonly #proxies: ProxyEnvironment;
  readonly #signal: AbortSignal | undefined;
  readonly #hosts = new Map<string, Host>();
  readonly #open = new Set<Connection>();
  /** What ends the requests whose answers are not read to their end, and the attempts to connect. */
  readonly #underWay = new Set<(reason: Error) => void>();
  readonly #endAll = (): void => {
    for (const end of this.#underWay) end(this.#signal?.reason as Error);
    for (const { waiting } of this.#hosts.values()) for (const wake of waiting.splice(0)) wake();
  };

  constructor(tls: TlsSettings, limits: Limits, proxies: ProxyEnvironment, signal: AbortSignal | undefined) {
    this.#registryTls = tls;
    this.#otherTls = { ...tls, cert: undefined, key: undefined };
    this.#limits = limits;
    this.#proxies = proxies;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#endAll, { once: true });
  }

  /**
   * Sends a request. A connection that was kept and turns out to be closed is replaced, unless the body is a stream.
   *
   * @param toRegistry whether the URL is the registry's own.
   * @throws {RegistryUnreachableError}, or the reason of the signal.
   */
  async send(request: WireRequest, toRegistry: boolean): Promise<Answer> {
    const host = this.#hostOf(request.url, toRegistry);
    for (;;) {
      let connection: Connection | undefined;
      let sending: Sending | undefined;
      try {
        connection = await this.#connect(host, request.url);
        this.#signal?.throwIfAborted();
        sending = this.#begin(host, connection, request);
        return await sending.answer(...inFormOf(host.way, request.url));
      } catch (error) {
        this.#signal?.throwIfAborted();
        const wasClosed = connection?.isReused === true && sending?.isAnswered === false && isCut(error);
        if (!wasClosed || request.body instanceof Readable) throw unreachable(request.url, error);
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#endAll);
    for (const connection of this.#open) connection.close();
    this.#hosts.clear();
    return Promise.resolve();
  }

  #begin(host: Host, connection: Connection, request: WireRequest): Sending {
    const sending = new Sending(connection, request, this.#limits, (isReusable) => {
      this.#underWay.delete(end);
      connection.reader = undefined;
      if (!isReusable) connection.close();
      else {
        connection.isReused = true;
        host.idle.push(connection);
        host.waiting.shift()?.();
      }
    });
    const end = (reason: Error): void => sending.fail(reason);
    this.#underWay.add(end);
    return sending;
  }

  /** One that is kept, or a new one, or the next that becomes free. */
  async #connect(host: Host, url: URL): Promise<Connection> {
    for (;;) {
      for (let kept = host.idle.pop(); kept !== undefined; kept = host.idle.pop()) {
        if (kept.isUsable) return kept;
        kept.close();
      }
      if (host.count < MOST_CONNECTIONS) return this.#dial(host, url);
      await new Promise<void>((resolve) => host.waiting.push(resolve));
      this.#signal?.throwIfAborted();
    }
  }

  async #dial(host: Host, url: URL): Promise<Connection> {
    host.count += 1;
    const leave = (): void => {
      host.count -= 1;
      host.waiting.shift()?.();
    };
    const attempt = new AbortController();
    const end = (reason: Error): void => attempt.abort(reason);
    const timer = setTimeout(() => end(new TimedOut("CONNECT")), this.#limits.connectTimeoutMs);
    this.#underWay.add(end);
    try {
      this.#signal?.throwIfAborted();
      const connection = await Connection.open(url, host.way, attempt.signal, () => {
        this.#open.delete(connection);
        leave();
      });
      this.#open.add(connection);
      return connection;
    } catch (error) {
      leave();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(end);
    }
  }

  #hostOf(url: URL, toRegistry: boolean): Host {
    const proxy = proxyFor(url, this.#proxies);
    const isPlain = url.protocol === "http:";
    // plain requests to a proxy may be for any host
    const target = isPlain && proxy !== undefined ? "" : url.origin;
    const key = `${toRegistry && !isPlain ? "registry " : ""}${proxy ?? ""} ${target}`;
    let host = this.#hosts.get(key);
    if (host === undefined) {
      const tls = toRegistry ? this.#registryTls : this.#otherTls;
      const way = {
        tls: isPlain ? undefined : tls,
        proxy: proxy === undefined ? undefined : new URL(proxy),
      };
      host = { way, idle: [], count: 0, waiting: [] };
      this.#hosts.set(key, host);
    }
    return host;
  }
}

/** The target of a request, and what a proxy wants besides (RFC 9112 section 3.2). */
function inFormOf({ proxy, tls }: Way, url: URL): [string, Record<string, string>] {
  const path = url.pathname + url.search;
  if (proxy === undefined || tls !== undefined) return [path, {}];
  const login = proxyAuthorization(proxy);
  return [`${url.origin}${path}`, login === undefined ? {} : { "proxy-authorization": login }];
}

/** Whether a connection, kept from an earlier request, was closed by the other side meanwhile. */
function isCut(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ECONNRESET" || code === "EPIPE";
}

/** The answer with its body read into memory: a connection cut within it then counts as a failure of the request. */
export async function collect(answer: Answer, limit: number, what: string): Promise<Answer> {
  try {
    return { ...answer, body: await readBody(answer, limit, what) };
  } catch (error) {
    throw error instanceof WherryError ? error : unreachable(answer.url, error);
  }
}
