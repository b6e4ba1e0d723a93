import { Readable } from "node:stream";
import { giveBack, monotonicMs } from "../../io/index.ts";
import type { Limits } from "../access.ts";
import { TimedOut } from "../network-failure.ts";
import type { Answer } from "./answer.ts";
import { BodyDecoder } from "./body-decoder.ts";
import type { Connection, Reader } from "./connection.ts";
import { framingOf, HEAD_LIMIT, isPersistent, parseHead, type Head } from "./head.ts";
import { WireError } from "./wire-error.ts";

/** One request on the wire: no credentials added, no redirect followed, no refusal repeated. */
export interface WireRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream goes with a content-length. */
  readonly body?: Uint8Array | Readable;
}

/** Answers before the answer (RFC 9110 section 15.2) that are read over. */
const MOST_INTERIM = 16;

/** One request from its first byte to the last of its answer, on a connection that serves it alone. */
export class Sending implements Reader {
  readonly #connection: Connection;
  readonly #request: WireRequest;
  readonly #limits: Limits;
  readonly #onFree: (isReusable: boolean) => void;
  readonly #outcome = Promise.withResolvers<Answer>();
  /** The beginning of a head. */
  #begun: Buffer = Buffer.alloc(0);
  #interim = 0;
  #head: Head | undefined;
  #decoder: BodyDecoder | undefined;
  #body: AnswerBody | undefined;
  #isSent = false;
  /** Whether the reader of the answer is behind. */
  #isHeld = false;
  #isOver = false;

  /** @param onFree told once that the connection is not needed any more, and whether it can serve another request */
  constructor(
    connection: Connection,
    request: WireRequest,
    limits: Limits,
    onFree: (isReusable: boolean) => void,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#limits = limits;
    this.#onFree = onFree;
  }

  /** Whether any byte of an answer came. */
  get isAnswered(): boolean {
    return this.#head !== undefined || this.#begun.length > 0 || this.#interim > 0;
  }

  /** Sends the request; gives its answer once the head is there. */
  answer(target: string, extra: Readonly<Record<string, string>>): Promise<Answer> {
    const { socket } = this.#connection;
    this.#connection.reader = this;
    socket.setTimeout(this.#limits.headersTimeoutMs);
    try {
      this.#send(target, extra);
    } catch (error) {
      this.fail(error as Error);
    }
    return this.#outcome.promise;
  }

  take(piece: Buffer): boolean {
    try {
      let rest = piece;
      if (this.#decoder === undefined) {
        const behind = this.#takeHead(rest);
        if (behind === undefined) return true;
        rest = behind;
      }
      const decoder = this.#decoder;
      if (decoder === undefined) return true;
      const behind = decoder.take(rest, (part) => {
        if (this.#body?.push(this.#connection.lend(part)) === false) this.#isHeld = true;
      });
      if (decoder.isDone) this.#finish(behind.length === 0);
      return this.#isOver || !this.#isHeld;
    } catch (error) {
      this.fail(error as Error);
      return true;
    }
  }

  end(error: Error | undefined): void {
    if (this.#isOver) return;
    if (error === undefined && this.#decoder?.mayEnd === true) this.#finish(false);
    else this.fail(error ?? Object.assign(new Error("the connection was cut"), { code: "ECONNRESET" }));
  }

  /** Who waits for us, or for the content we send, is not silent. */
  silence(): void {
    const { socket } = this.#connection;
    if (this.#decoder !== undefined) {
      const isBehind = this.#isHeld || (this.#body?.readableLength ?? 0) > 0;
      if (isBehind) socket.setTimeout(this.#limits.bodyTimeoutMs);
      else this.fail(new TimedOut("BODY"));
    } else if (!this.#isSent && !socket.writableNeedDrain) socket.setTimeout(this.#limits.headersTimeoutMs);
    else this.fail(new TimedOut("ANSWER"));
  }

  /** Ends the request, or the reading of its answer, with an error. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#free(false);
    this.#outcome.reject(error);
    this.#body?.destroy(error);
  }

  #free(isReusable: boolean): void {
    this.#isOver = true;
    const { body } = this.#request;
    if (!this.#isSent && body instanceof Readable) body.destroy(); // nobody wants the rest
    this.#onFree(isReusable && this.#isSent);
  }

  #finish(isClean: boolean): void {
    if (this.#isOver) return;
    const head = this.#head;
    const seconds = /timeout=(\d+)/.exec(head?.headers["keep-alive"] ?? "")?.[1];
    if (seconds !== undefined) this.#connection.expires = monotonicMs() + (Number(seconds) - 1) * 1000;
    this.#free(isClean && head !== undefined && isPersistent(head));
    this.#body?.complete();
  }

  /** What is behind the head; undefined as long as it is not whole. */
  #takeHead(piece: Buffer): Buffer | undefined {
    let bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    for (;;) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end > HEAD_LIMIT || (end === -1 && bytes.length > HEAD_LIMIT))
        throw new WireError("the headers of its answer are too long");
      if (end === -1) {
        this.#begun = Buffer.from(bytes);
        // what cannot become HTTP is told at once: its sender may be waiting for us
        if (!"HTTP/1.".startsWith(bytes.toString("latin1", 0, 7)))
          throw new WireError("its answer is not HTTP");
        return undefined;
      }
      const head = parseHead(bytes.toString("latin1", 0, end));
      bytes = bytes.subarray(end + 4);
      if (head.status >= 200) {
        this.#begin(head);
        return bytes;
      }
      this.#interim += 1;
      if (head.status === 101 || this.#interim > MOST_INTERIM)
        throw new WireError(`its answer is ${head.status}, which was not asked for`);
    }
  }

  #begin(head: Head): void {
    const { method, url } = this.#request;
    this.#decoder = new BodyDecoder(framingOf(head, method));
    this.#head = head;
    const { status, headers } = head;
    if (this.#decoder.isDone) {
      this.#outcome.resolve({ url, status, headers, body: Buffer.alloc(0) });
      return;
    }
    const { socket } = this.#connection;
    socket.setTimeout(this.#limits.bodyTimeoutMs);
    this.#body = new AnswerBody(
      () => {
        if (!this.#isHeld || this.#isOver) return;
        this.#isHeld = false;
        socket.resume();
      },
      () => {
        if (!this.#isOver) this.#free(false);
      },
    );
    this.#outcome.resolve({ url, status, headers, body: this.#body });
  }

  #send(target: string, extra: Readonly<Record<string, string>>): void {
    const { socket } = this.#connection;
    const { method, url, headers, body } = this.#request;
    const fields: Record<string, string> = { host: url.host, ...headers, ...extra };
    if (!(body instanceof Readable) && (body !== undefined || method.startsWith("P")))
      fields["content-length"] = String(body?.length ?? 0);
    if (body instanceof Readable && fields["content-length"] === undefined)
      throw new Error("a streamed body has no content-length");
    const head = `${method} ${target} HTTP/1.1\r\n${Object.entries(fields).map(formatField).join("")}\r\n`;
    if (!(body instanceof Readable)) {
      this.#isSent = true;
      if (body !== undefined && body.length > 0) socket.cork();
      socket.write(head, "latin1");
      if (body !== undefined && body.length > 0) socket.write(body);
      socket.uncork();
      return;
    }
    socket.write(head, "latin1");
    this.#stream(body, Number(fields["content-length"]));
  }

  #stream(body: Readable, length: number): void {
    const { socket } = this.#connection;
    let sent = 0;
    const resume = (): void => void body.resume();
    const stop = (): void => {
      socket.off("drain", resume);
      body.off("data", pass);
    };
    const pass = (piece: Buffer): void => {
      if (this.#isOver) return stop();
      sent += piece.length;
      if (sent > length) return this.fail(new Error("the content is longer than was said"));
      if (!socket.write(piece, () => giveBack(piece))) body.pause();
    };
    socket.on("drain", resume);
    body.on("data", pass);
    body.once("end", () => {
      stop();
      if (sent < length) this.fail(new Error("the content is shorter than was said"));
      else this.#isSent = true;
    });
    body.once("error", (error) => this.fail(error));
    body.once("close", stop);
  }
}

/** The body of an answer. */
class AnswerBody extends Readable {
  readonly #onWanted: () => void;
  readonly #onGivenUp: () => void;
  #isComplete = false;

  constructor(onWanted: () => void, onGivenUp: () => void) {
    super({ highWaterMark: 256 * 1024 });
    this.#onWanted = onWanted;
    this.#onGivenUp = onGivenUp;
    // given up or cut, a body nobody reads any more must not end the process
    this.on("error", () => undefined);
  }

  /** All of it came. */
  complete(): void {
    this.#isComplete = true;
    this.push(null);
  }

  override _read(): void {
    this.#onWanted();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#onGivenUp();
    callback(error);
  }
}

/** @throws {WireError} when a value holds what would end the header */
function formatField([name, value]: readonly [string, string]): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw new WireError(`the header ${name} cannot hold what it should`);
  return `${name}: ${value}\r\n`;
}
