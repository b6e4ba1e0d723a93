import type { OnReadOpts, Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { tlsOptions, type TlsSettings } from "../trust.ts";
import { HEAD_LIMIT, parseHead } from "./head.ts";
import { WireError } from "./wire-error.ts";

/** How requests of one kind reach a host: over plain TCP or TLS, with our certificate or without, by a proxy or none. */
export interface Way {
  readonly tls: TlsSettings | undefined;
  readonly proxy: URL | undefined;
}

/** What connections with the same settings share. */
interface TlsState {
  /** Made once: to read the authorities takes longer than to connect. */
  readonly context: Promise<ConnectionOptions>;
  /** The last session with a host: the next connection to it needs half the handshake. */
  readonly sessions: Map<string, Buffer>;
}

const states = new WeakMap<TlsSettings, TlsState>();

/**
 * A connection to the host of a URL, ready for its first request.
 *
 * @param onRead used for plain TCP; what comes by TLS is told by "data"
 * @param signal ends the attempt
 */
export async function dial(url: URL, way: Way, onRead: OnReadOpts, signal: AbortSignal): Promise<Socket> {
  const { proxy } = way;
  if (proxy === undefined) {
    return way.tls === undefined
      ? connectTcp(url, onRead, signal)
      : connectTls(url, way.tls, undefined, signal);
  }
  if (way.tls === undefined) return connectProxy(proxy, onRead, signal);
  const tunnel = await connectProxy(proxy, undefined, signal);
  try {
    await openTunnel(tunnel, url, proxy, signal);
    return await connectTls(url, way.tls, tunnel, signal);
  } catch (error) {
    tunnel.destroy();
    throw error;
  }
}

/** The login to a proxy, as its URL has it. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(login).toString("base64")}`;
}

async function connectTcp(url: URL, onRead: OnReadOpts | undefined, signal: AbortSignal): Promise<Socket> {
  const { connect } = await import("node:net");
  const target = { host: hostOf(url), port: portOf(url) };
  const socket = onRead === undefined ? connect(target) : connect({ ...target, onread: onRead });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 1000);
  return settled(socket, "connect", signal);
}

async function connectTls(
  url: URL,
  tls: TlsSettings,
  tunnel: Socket | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect } = await import("node:tls");
  const { isIP } = await import("node:net");
  const host = hostOf(url);
  const { context, sessions } = stateOf(tls);
  const session = sessions.get(url.host);
  const options: ConnectionOptions = {
    host,
    port: portOf(url),
    ALPNProtocols: ["http/1.1"],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(session === undefined ? {} : { session }),
    ...(await context),
    ...(tunnel === undefined ? {} : { socket: tunnel }),
  };
  const socket: TLSSocket = connect(options);
  socket.setNoDelay(true);
  socket.on("session", (latest: Buffer) => sessions.set(url.host, latest));
  socket.once("error", () => sessions.delete(url.host));
  return settled(socket, "secureConnect", signal);
}

function stateOf(tls: TlsSettings): TlsState {
  let state = states.get(tls);
  if (state === undefined) {
    state = { context: tlsOptions(tls), sessions: new Map() };
    states.set(tls, state);
  }
  return state;
}

/** A proxy with TLS is trusted as the system trusts others. */
const TO_PROXY: TlsSettings = { insecure: false, ca: [], cert: undefined, key: undefined };

function connectProxy(proxy: URL, onRead: OnReadOpts | undefined, signal: AbortSignal): Promise<Socket> {
  if (proxy.protocol !== "https:") return connectTcp(proxy, onRead, signal);
  return connectTls(proxy, TO_PROXY, undefined, signal);
}

/** CONNECT (RFC 9110 section 9.3.6): what comes after a good answer is the host's. */
function openTunnel(socket: Socket, url: URL, proxy: URL, signal: AbortSignal): Promise<void> {
  const target = `${url.hostname}:${portOf(url)}`;
  const login = proxyAuthorization(proxy);
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login === undefined ? "" : `Proxy-Authorization: ${login}\r\n`}\r\n`,
  );
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (error?: Error): void => {
      socket.off("data", read).off("error", done).off("close", closed);
      signal.removeEventListener("abort", aborted);
      socket.pause();
      if (error === undefined) resolve();
      else reject(error);
    };
    const aborted = (): void => done(signal.reason as Error);
    const closed = (): void => done(new WireError(`the proxy ${proxy.host} closed the connection`));
    const read = (bytes: Buffer): void => {
      text += bytes.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end === -1 && text.length > HEAD_LIMIT)
        done(new WireError(`the proxy ${proxy.host} answers with too long a head`));
      if (end === -1) return;
      try {
        const { status } = parseHead(text.slice(0, end));
        if (status < 200 || status > 299)
          throw new WireError(`the proxy ${proxy.host} refuses the connection with ${status}`);
        if (text.length > end + 4) throw new WireError(`the proxy ${proxy.host} says more than was asked`);
        done();
      } catch (error) {
        done(error as Error);
      }
    };
    socket.on("data", read).once("error", done).once("close", closed);
    signal.addEventListener("abort", aborted, { once: true });
  });
}

/** The socket once that event came. */
function settled<T extends Socket>(
  socket: T,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      socket.off(event, ready).off("error", done).off("close", closed);
      signal.removeEventListener("abort", aborted);
      if (error === undefined) resolve(socket);
      else reject(error);
    };
    const ready = (): void => done();
    const aborted = (): void => {
      socket.on("error", () => undefined).destroy();
      done(signal.reason as Error);
    };
    const closed = (): void =>
      done(Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" }));
    socket.once(event, ready).once("error", done).once("close", closed);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
  });
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
