import { Readable } from "node:stream";
import { giveBack, Pieces, TooLargeError } from "../../io/index.ts";
import type { Headers } from "./head.ts";

/** The answer to a request. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /**
   * A stream, to be read or given up, whose pieces may be given back; or, where nothing follows the head or all was read already,
   * the bytes.
   */
  readonly body: Readable | Buffer;
}

/** What is left of an answer that nobody wants is read over up to this size, so that its connection can be used again. */
const WORTH_READING = 64 * 1024;

/** @throws {TooLargeError}, or what the connection fails with */
export async function readBody({ body }: Answer, limit: number, what: string): Promise<Buffer> {
  if (Buffer.isBuffer(body)) {
    if (body.length > limit) throw new TooLargeError(what, limit);
    return body;
  }
  const pieces = new Pieces(body);
  const read: Buffer[] = [];
  let size = 0;
  for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) {
    size += piece.length;
    if (size > limit) {
      body.destroy();
      throw new TooLargeError(what, limit);
    }
    read.push(piece);
  }
  const bytes = Buffer.concat(read, size);
  read.forEach(giveBack);
  return bytes;
}

/** The body as a stream. */
export function streamOf({ body }: Answer): Readable {
  return Buffer.isBuffer(body) ? Readable.from(body.length === 0 ? [] : [body]) : body;
}

/** Ends an answer that nobody wants, and its connection. */
export function giveUp({ body }: Answer): void {
  if (!Buffer.isBuffer(body)) body.destroy();
}

/** Reads and drops what is left of a small answer, so that its connection can be used again; gives up on a large one. */
export async function discard(answer: Answer): Promise<void> {
  try {
    await readBody(answer, WORTH_READING, "an answer");
  } catch {
    // the answer is not wanted: how its body ends does not matter
  }
}
