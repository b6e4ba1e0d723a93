import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Stands in for a docker daemon on a unix socket: it keeps the archives it is given, and gives them back. */
export class TestDaemon implements AsyncDisposable {
  /** Image name or id → the archive that `docker save` would give. */
  readonly archives = new Map<string, Buffer>();
  readonly requests: string[] = [];
  /** Said instead of taking the next archive, as the daemon does: in an answer 200. */
  loadError: string | undefined;
  readonly socket: string;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(socket: string) {
    this.socket = socket;
  }

  static async start(socket: string): Promise<TestDaemon> {
    const daemon = new TestDaemon(socket);
    await new Promise<void>((resolve) => daemon.#server.listen(socket, resolve));
    return daemon;
  }

  /** As in DOCKER_HOST. */
  get host(): string {
    return `unix://${this.socket}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").replace(/^\/v1\.\d+(?=\/)/, "");
    const line = `${request.method ?? ""} ${decodeURIComponent(path)}`;
    this.requests.push(line);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (line.endsWith("/_ping")) {
      response.writeHead(200, { "api-version": "1.41" }).end("OK");
      return;
    }
    const [, name] = /^GET \/images\/(?:get\?names=(.*)|(.*)\/get)$/.exec(line)?.filter(Boolean) ?? [];
    if (name !== undefined) {
      const archive = this.archives.get(name);
      if (archive !== undefined)
        response.writeHead(200, { "content-type": "application/x-tar" }).end(archive);
      else response.writeHead(404).end(JSON.stringify({ message: `No such image: ${name}` }));
      return;
    }
    if (line !== "POST /images/load?quiet=1") {
      response.writeHead(404).end(JSON.stringify({ message: "page not found" }));
      return;
    }
    if (this.loadError === undefined) this.archives.set("loaded", body);
    const said =
      this.loadError === undefined ? { stream: "Loaded image" } : { errorDetail: {}, error: this.loadError };
    this.loadError = undefined;
    response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(said)}\r\n`);
  }
}
