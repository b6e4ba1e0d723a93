import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** What happens to the bodies that go through, from a byte on. */
export interface BadLuck {
  readonly kind: "cut" | "slow" | "flip";
  /** Of answers, or of what is sent. */
  readonly direction: "down" | "up";
  /** Counted over all bodies of that direction. */
  readonly offset: number;
}

/** How a slow line passes what it is given: 100,000 bytes a second. */
const PIECE = { size: 4000, pauseMs: 40 };

/**
 * A proxy in front of a registry that cuts, slows and damages. Headers go through as they are: without TLS nobody could
 * tell that one was changed.
 */
export class BadWire implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: string;
  #luck: BadLuck | undefined;
  #passed = { down: 0, up: 0 };

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#pass(incoming, outgoing);
    });
  }

  /** @param target `HOST:PORT` of the registry */
  static async open(target: string): Promise<BadWire> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new BadWire(server, target);
  }

  /** `127.0.0.1:PORT`, as in image names. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on this happens, once; nothing when undefined. Gives how many bytes have passed since the last time. */
  strike(luck?: BadLuck): { readonly down: number; readonly up: number } {
    const passed = this.#passed;
    this.#luck = luck;
    this.#passed = { down: 0, up: 0 };
    return passed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const cut = (): void => {
      incoming.socket.destroy();
      onward.destroy();
    };
    const [host, port] = this.#target.split(":");
    const onward = request(
      { host, port, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
        answer.on("error", cut).pipe(this.#body("down", cut)).pipe(outgoing);
      },
    );
    onward.on("error", cut);
    incoming.on("error", cut).pipe(this.#body("up", cut)).pipe(onward);
  }

  #body(direction: BadLuck["direction"], cut: () => void): Transform {
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const begin = this.#passed[direction];
        this.#passed[direction] += chunk.length;
        const luck = this.#luck;
        const at = luck === undefined || luck.direction !== direction ? -1 : luck.offset - begin;
        if (luck === undefined || at < 0 || at >= chunk.length) {
          done(null, chunk);
          return;
        }
        this.#luck = undefined;
        if (luck.kind === "cut") cut();
        else if (luck.kind === "flip") done(null, flipped(chunk, at));
        else void drip(chunk, (piece) => void body.push(piece)).then(() => done());
      },
    });
    return body;
  }
}

async function drip(chunk: Buffer, pass: (piece: Buffer) => void): Promise<void> {
  for (let start = 0; start < chunk.length; start += PIECE.size) {
    pass(chunk.subarray(start, start + PIECE.size));
    await sleep(PIECE.pauseMs);
  }
}

function flipped(chunk: Buffer, at: number): Buffer {
  const copy = Buffer.from(chunk);
  copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
  return copy;
}
