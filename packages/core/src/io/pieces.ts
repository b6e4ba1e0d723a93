import type { Readable } from "node:stream";

/** Bytes that may wait for the reader. */
const MOST_WAITING = 512 * 1024;

/**
 * The pieces of a stream one after the other, each as it came: a stream's own iterator joins what waits into new memory. To stop
 * early, destroy the stream.
 *
 * @throws what the stream fails with, or an error when it is destroyed before its end.
 */
export class Pieces {
  readonly #content: Readable;
  readonly #waiting: Buffer[] = [];
  #size = 0;
  #end: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;

  constructor(content: Readable) {
    this.#content = content;
    content.on("data", (piece: Buffer) => {
      this.#waiting.push(piece);
      this.#size += piece.length;
      if (this.#size >= MOST_WAITING) content.pause();
      this.#wake?.();
    });
    const end = (error?: Error | null): void => {
      this.#end ??= error == null ? {} : { error };
      this.#wake?.();
    };
    content.once("end", () => end());
    content.once("error", end);
    content.once("close", () => end(content.errored ?? new Error("the content ended early")));
    if (content.destroyed) end(content.errored ?? new Error("the content was given up before"));
  }

  /** The next piece; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) {
        this.#size -= piece.length;
        if (this.#size < MOST_WAITING && this.#content.isPaused()) this.#content.resume();
        return piece;
      }
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
