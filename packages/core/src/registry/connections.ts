import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { WherryError } from "../error/index.ts";
import { readAll } from "../io/index.ts";
import type { Limits } from "./access.ts";
import { TimedOut, unreachable } from "./network-failure.ts";
import { proxyFor, type ProxyEnvironment } from "./proxy.ts";
import { tlsOptions, type TlsSettings } from "./trust.ts";

/** One request on the wire: no credentials added, no redirect followed, no refusal repeated. */
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

/** How requests of one kind are sent: over plain HTTP or TLS, with our certificate or without, by a proxy or none. */
interface Way {
  readonly agent: Agent;
  readonly open: (options: RequestOptions) => ClientRequest;
}

/**
 * Connections to one host: twice what budgets allow at most, since a download holds one while the upload of the same blob
 * needs another, and some for the small requests between.
 */
const MOST_CONNECTIONS = 40;

/**
 * The connections of one registry client: to the registry itself, and to the hosts it names (token server, storage).
 * Those never see the client certificate. Connections are kept for the next request as long as the client lives.
 */
export class Connections implements AsyncDisposable {
  readonly #registryTls: TlsSettings;
  readonly #limits: Limits;
  readonly #proxies: ProxyEnvironment;
  readonly #signal: AbortSignal | undefined;
  readonly #ways = new Map<string, Promise<Way>>();
  /** Requests whose answers are not read to their end. */
  readonly #underWay = new Set<Sending>();
  readonly #endAll = (): void => {
    for (const sending of this.#underWay) sending.end(this.#signal?.reason as Error);
  };

  constructor(tls: TlsSettings, limits: Limits, proxies: ProxyEnvironment, signal: AbortSignal | undefined) {
    this.#registryTls = tls;
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
    const way = await this.#wayTo(request.url, toRegistry);
    for (;;) {
      this.#signal?.throwIfAborted();
      let sending: Sending | undefined;
      try {
        sending = this.#begin(request, way);
        return await sending.answer();
      } catch (error) {
        this.#signal?.throwIfAborted();
        const isFresh = sending?.foundClosed(error) !== true;
        if (isFresh || request.body instanceof Readable) throw unreachable(request.url, error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#endAll);
    for (const way of this.#ways.values()) (await way).agent.destroy();
    this.#ways.clear();
  }

  #begin(request: WireRequest, way: Way): Sending {
    const sending = new Sending(request, way, this.#limits);
    this.#underWay.add(sending);
    sending.request.once("close", () => this.#underWay.delete(sending));
    return sending;
  }

  #wayTo(url: URL, toRegistry: boolean): Promise<Way> {
    const proxy = proxyFor(url, this.#proxies);
    const kind = `${url.protocol === "https:" && toRegistry ? "registry " : ""}${url.protocol} ${proxy ?? ""}`;
    let way = this.#ways.get(kind);
    if (way === undefined) {
      way = openWay(
        url,
        toRegistry ? this.#registryTls : { ...this.#registryTls, cert: undefined, key: undefined },
        proxy,
      );
      this.#ways.set(kind, way);
    }
    return way;
  }
}

async function openWay({ protocol }: URL, tls: TlsSettings, proxy: string | undefined): Promise<Way> {
  const options = {
    keepAlive: true,
    maxSockets: MOST_CONNECTIONS,
    highWaterMark: 256 * 1024,
    ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
  };
  if (protocol === "https:") {
    const https = await import("node:https");
    return { agent: new https.Agent({ ...options, ...(await tlsOptions(tls)) }), open: https.request };
  }
  const http = await import("node:http");
  return { agent: new http.Agent(options), open: http.request };
}

/** Sockets that are connected and have shaken hands. */
const established = new WeakSet<Socket>();

/** One request from its first byte to the last of its answer. */
class Sending {
  readonly request: ClientRequest;
  readonly #wire: WireRequest;
  readonly #limits: Limits;
  #response: IncomingMessage | undefined;

  constructor(wire: WireRequest, { agent, open }: Way, limits: Limits) {
    const { url, method, headers } = wire;
    this.#wire = wire;
    this.#limits = limits;
    this.request = open({
      agent,
      method,
      headers,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      ...(url.port === "" ? {} : { port: url.port }),
      path: url.pathname + url.search,
      timeout: limits.connectTimeoutMs,
    });
    this.request.on("timeout", () => this.#afterSilence());
    this.request.once("socket", (socket) => {
      const ready = (): void => {
        established.add(socket);
        socket.setTimeout(limits.headersTimeoutMs);
      };
      if (established.has(socket)) ready();
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", ready);
    });
  }

  async answer(): Promise<Answer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      this.request.once("response", resolve);
      this.request.on("error", reject);
      this.#sendBody();
    });
    this.#response = response;
    // given up or cut, a body nobody reads any more must not end the process
    response.on("error", () => undefined);
    if (this.#wire.method === "HEAD")
      response.resume(); // there is nothing to read
    else response.socket.setTimeout(this.#limits.bodyTimeoutMs);
    if (!this.request.writableEnded) this.#stopSending(response);
    return {
      url: this.#wire.url,
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: response,
    };
  }

  /** Ends the request, or the reading of its answer, with an error. */
  end(error: Error): void {
    (this.#response ?? this.request).destroy(error);
  }

  /** Whether the request failed because its connection, kept from an earlier one, was closed by the other side meanwhile. */
  foundClosed(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return this.request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
  }

  #sendBody(): void {
    const { body } = this.#wire;
    if (!(body instanceof Readable)) {
      this.request.end(body);
      return;
    }
    body.once("error", (error) => this.request.destroy(error));
    this.request.once("close", () => body.destroy());
    body.pipe(this.request);
  }

  /** The answer came before all was sent, so nobody wants the rest; the connection is of no use then. */
  #stopSending(response: IncomingMessage): void {
    const { body } = this.#wire;
    if (body instanceof Readable) body.unpipe(this.request).destroy();
    response.once("close", () => this.request.destroy());
  }

  /** Nothing came or went for a while. Who waits for us, or for the content we send, is not silent. */
  #afterSilence(): void {
    const { request } = this;
    const response = this.#response;
    if (response !== undefined) {
      // who waits for "readable" counts as paused too
      const isPaused = response.isPaused() && response.listenerCount("readable") === 0;
      const weAreSlow = isPaused || response.readableLength > 0;
      if (weAreSlow) response.socket.setTimeout(this.#limits.bodyTimeoutMs);
      else response.destroy(new TimedOut("BODY"));
      return;
    }
    const { socket } = request;
    if (socket === null || !established.has(socket)) request.destroy(new TimedOut("CONNECT"));
    else if (!request.writableEnded && !request.writableNeedDrain)
      socket.setTimeout(this.#limits.headersTimeoutMs);
    else request.destroy(new TimedOut("ANSWER"));
  }
}

/** Reads and drops what is left of a small answer, so that its connection can be used again; gives up on a large one. */
export async function discard({ body }: Answer): Promise<void> {
  if (body.readableFlowing === true) return; // it flows away already
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
