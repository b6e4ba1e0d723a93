import type { Socket } from "node:net";
import { LentPieces, monotonicMs } from "../../io/index.ts";
import { dial, type Way } from "./dial.ts";

/** Who reads a connection: the request it serves. */
export interface Reader {
  /** Takes what came; `lend` what is kept longer than the call. False holds the connection back until `resume`. */
  take(piece: Buffer): boolean;
  /** The connection is over, or failed. */
  end(error: Error | undefined): void;
  /** Nothing came or went for the time the socket was told. */
  silence(): void;
}

/** A connection that serves one request after the other. */
export class Connection {
  readonly #pieces = new LentPieces();
  #socket: Socket | undefined;
  #reader: Reader | undefined;
  /** Called once, when it cannot serve any more. */
  readonly #onClosed: () => void;
  /** Whether it has served a request before. */
  isReused = false;
  /** When the other side will have closed it, by its word: `monotonicMs`. */
  expires = Infinity;

  private constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  /** @param signal ends the attempt */
  static async open(url: URL, way: Way, signal: AbortSignal, onClosed: () => void): Promise<Connection> {
    const connection = new Connection(onClosed);
    await connection.#dial(url, way, signal);
    return connection;
  }

  get socket(): Socket {
    if (this.#socket === undefined) throw new Error("there is no connection yet");
    return this.#socket;
  }

  get isUsable(): boolean {
    return (
      !this.socket.destroyed && this.socket.readable && this.socket.writable && monotonicMs() < this.expires
    );
  }

  /** Gives what comes to a reader; without one, whatever comes ends the connection. */
  set reader(reader: Reader | undefined) {
    this.#reader = reader;
    if (reader === undefined) {
      this.socket.setTimeout(0);
      this.socket.unref();
    } else {
      this.socket.ref();
    }
    this.socket.resume();
  }

  /** Leaves a part of the piece being taken to who reads it, until given back. */
  lend(part: Buffer): Buffer {
    return this.#pieces.lend(part);
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #dial(url: URL, way: Way, signal: AbortSignal): Promise<void> {
    const take = (piece: Buffer): boolean => {
      if (this.#reader !== undefined) return this.#reader.take(piece);
      this.close(); // nothing was asked
      return true;
    };
    const buffer = (): Uint8Array => this.#pieces.room();
    const callback = (count: number): boolean => take(this.#pieces.read(count));
    const socket = await dial(url, way, { buffer, callback }, signal);
    this.#socket = socket;
    let failure: Error | undefined;
    socket.on("error", (error) => (failure = error));
    socket.on("timeout", () => this.#reader?.silence());
    socket.on("end", () => this.#reader?.end(undefined));
    socket.once("close", () => {
      this.#pieces[Symbol.dispose]();
      this.#onClosed();
      this.#reader?.end(failure);
    });
    // what comes by TLS
    socket.on("data", (piece: Buffer) => {
      if (!take(piece)) socket.pause();
    });
  }
}
