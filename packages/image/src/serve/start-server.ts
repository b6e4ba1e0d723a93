import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WherryError } from "@wherry/core/error";
import { sendRefusal, type Call } from "./answer.ts";
import { PasswordFile } from "./password-file.ts";
import { Refusal } from "./refusal.ts";
import { Repositories } from "./repositories.ts";
import { route } from "./routes.ts";
import { Uploads } from "./uploads.ts";

export interface ServeOptions {
  readonly folder: string;
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Key and certificate, as PEM: with them HTTPS is spoken. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** File of users and their passwords; without it everybody may do everything. */
  readonly passwordFile?: string;
  /** Refuse all that changes something. */
  readonly readOnly?: boolean;
  readonly mayDelete?: boolean;
  /** Told of each request that was answered. */
  readonly onRequest?: (line: string) => void;
}

/** A registry that is being served. Disposing ends it, and the connections to it. */
export interface RunningServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:5000`. */
  readonly url: string;
}

/** The address cannot be listened on. */
export class ListenError extends WherryError {
  override readonly code = "ERR_WHERRY_LISTEN";
  constructor(address: string, cause: Error) {
    super(`cannot listen on ${address}: ${cause.message}`, {
      cause,
      hint: "choose another address by --listen",
    });
  }
}

/** Serves the OCI layouts below a folder as a registry (distribution-spec). */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { folder, host, port, tls, passwordFile } = options;
  const passwords = passwordFile === undefined ? undefined : PasswordFile.read(passwordFile);
  const repositories = new Repositories(folder);
  const uploads = new Uploads(repositories.folder);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const url = urlOf(request);
    if (url === undefined) {
      response.writeHead(400).end();
      return;
    }
    const mayDelete = options.mayDelete !== false;
    void serve({ request, response, url, repositories, uploads, mayDelete }, options, passwords);
  };
  const server: Server =
    tls === undefined ? createServer(onRequest) : (await import("node:https")).createServer(tls, onRequest);
  server.requestTimeout = 0; // a large blob takes its time
  server.headersTimeout = 60_000;
  server.keepAliveTimeout = 75_000; // longer than clients keep a connection they may use again
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What a request asks for; undefined for what is no URL. */
function urlOf({ url = "/" }: IncomingMessage): URL | undefined {
  const text = url.startsWith("/") ? `http://registry${url}` : url;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new ListenError(`${host}:${port}`, error)));
    server.listen(port, host, resolve);
  });
}

async function serve(
  call: Call,
  { readOnly = false, onRequest }: ServeOptions,
  passwords: PasswordFile | undefined,
): Promise<void> {
  const { request, response } = call;
  request.on("error", () => undefined); // a client that goes away is no failure of ours
  response.on("error", () => undefined);
  response.once("close", () =>
    onRequest?.(`${request.method ?? ""} ${call.url.pathname} ${response.statusCode}`),
  );
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  try {
    if (passwords !== undefined && !(await passwords.accepts(request.headers.authorization)))
      throw new Refusal(401, "UNAUTHORIZED", "authentication required", {
        "www-authenticate": 'Basic realm="wherry"',
      });
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (readOnly && !isRead) throw new Refusal(403, "DENIED", "the registry is read-only");
    await route(call);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendRefusal(call, error instanceof Refusal ? error : internal(error, onRequest));
  }
}

/** What went wrong here is for whoever runs the server, not for its clients. */
function internal(error: unknown, onRequest: ((line: string) => void) | undefined): Refusal {
  onRequest?.(`internal error: ${error instanceof Error ? error.message : String(error)}`);
  return new Refusal(500, "UNKNOWN", "internal error");
}
