import { HEAD_LIMIT, type Framing } from "./head.ts";
import { WireError } from "./wire-error.ts";

/** Bytes of the line before a chunk, extensions included. */
const SIZE_LINE_LIMIT = 4096;

type State = "data" | "size" | "data end" | "trailers" | "done";

/** Takes the framing of a body away (RFC 9112 sections 6 and 7), wherever the pieces it comes in are cut. */
export class BodyDecoder {
  readonly #kind: Framing["kind"];
  #state: State;
  /** Bytes to come of the body, or of the chunk. */
  #left: number;
  /** A line that has begun. */
  #line = "";
  #trailers = 0;

  constructor(framing: Framing) {
    this.#kind = framing.kind;
    this.#left = framing.kind === "length" ? framing.length : framing.kind === "close" ? Infinity : 0;
    this.#state = framing.kind === "chunked" ? "size" : this.#left === 0 ? "done" : "data";
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Whether the body is whole when the connection ends here. */
  get mayEnd(): boolean {
    return this.isDone || this.#kind === "close";
  }

  /**
   * The parts of a piece that are content.
   *
   * @returns what comes after the body
   * @throws {WireError}
   */
  take(piece: Buffer, onContent: (part: Buffer) => void): Buffer {
    let rest = piece;
    while (rest.length > 0 && this.#state !== "done") {
      if (this.#state === "data") {
        const part = rest.length > this.#left ? rest.subarray(0, this.#left) : rest;
        rest = rest.subarray(part.length);
        this.#left -= part.length;
        if (this.#left === 0) this.#state = this.#kind === "chunked" ? "data end" : "done";
        onContent(part);
      } else {
        rest = this.#takeLine(rest);
      }
    }
    return rest;
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(0x0a);
    const limit = this.#state === "trailers" ? HEAD_LIMIT : SIZE_LINE_LIMIT;
    this.#line += bytes.toString(
      "latin1",
      0,
      end === -1 ? Math.min(bytes.length, limit + 1) : Math.min(end, limit + 1),
    );
    if (this.#line.length > limit) throw new WireError("a chunk of its answer begins with too long a line");
    if (end === -1) return bytes.subarray(bytes.length);
    const line = this.#line;
    this.#line = "";
    if (!line.endsWith("\r")) throw new WireError("the chunks of its answer are malformed");
    this.#readLine(line.slice(0, -1));
    return bytes.subarray(end + 1);
  }

  #readLine(line: string): void {
    if (this.#state === "data end") {
      if (line !== "") throw new WireError("a chunk of its answer is longer than it says");
      this.#state = "size";
    } else if (this.#state === "size") {
      const [, size] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line) ?? [];
      if (size === undefined) throw new WireError("the chunks of its answer are malformed");
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailers" : "data";
    } else {
      this.#trailers += line.length + 2;
      if (this.#trailers > HEAD_LIMIT) throw new WireError("its answer has too many trailers");
      if (line === "") this.#state = "done";
    }
  }
}
