import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { handleRequest } from "./registry/distribution.ts";
import { FaultList } from "./registry/faults.ts";
import { RegistryStorage } from "./registry/storage.ts";
import type { LoggedRequest, RegistryOptions, ServedRegistry } from "./registry/types.ts";

export type { Fault } from "./registry/faults.ts";
export type { LoggedRequest, RegistryAuth, RegistryOptions } from "./registry/types.ts";
export { makeTlsFiles, tlsMissing } from "./registry/tls.ts";

/** A registry inside this process, on loopback, with its content in memory. */
export class TestRegistry implements ServedRegistry, AsyncDisposable {
  readonly storage = new RegistryStorage();
  readonly requests: LoggedRequest[] = [];
  readonly faults: FaultList;
  readonly options: RegistryOptions;
  /** Token → what it allows and when it ends (ms). */
  readonly tokens = new Map<string, { scopes: string[]; expires: number }>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, options: RegistryOptions) {
    this.#server = server;
    this.options = options;
    this.faults = new FaultList(options.faults ?? []);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response),
    );
    server.on("tlsClientError", () => undefined);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:PORT`, as in image names. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.options.tls === undefined ? "http" : "https"}://${this.host}`;
  }

  /** Requests by method and path, such as "GET /v2/". */
  requestLines(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  /** Bytes of blobs sent by GET. */
  get blobBytesSent(): number {
    return this.requests
      .filter(({ method, path }) => method === "GET" && /\/blobs\/sha/.test(path))
      .reduce((sum, { sent }) => sum + sent, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const logged: LoggedRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      clientCertificate: certificateOf(request),
      status: 0,
      sent: 0,
      received: 0,
    };
    this.requests.push(logged);
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    try {
      await handleRequest(this, request, response, logged);
    } catch (error) {
      if (!response.headersSent) response.writeHead(500).end(String(error));
      else response.destroy();
    }
    logged.status = response.statusCode;
  }
}

/** Starts a registry on a free port of 127.0.0.1. `await using` stops it. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const server =
    options.tls === undefined
      ? createServer()
      : (await import("node:https")).createServer({
          key: options.tls.key,
          cert: options.tls.cert,
          ...(options.requestCert === true ? { requestCert: true, rejectUnauthorized: false } : {}),
        });
  const registry = new TestRegistry(server, options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  return registry;
}

function certificateOf({ socket }: IncomingMessage): string | undefined {
  if (!("getPeerCertificate" in socket)) return undefined;
  const { subject } = (socket as TLSSocket).getPeerCertificate() as Partial<PeerCertificate>;
  return subject?.CN as string | undefined;
}

/** sha256 digest of bytes. */
export function digestOf(bytes: Uint8Array | string): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
