import { Readable } from "node:stream";
import { giveBack, Pieces, SizeMismatchError } from "../io/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { ReplayWindow, type Piece } from "./replay-window.ts";

/** Content to upload: a stream, or a function that opens it, which then may be called again after a failure. */
export type UploadContent = Readable | (() => Promise<Readable>);

/**
 * Content read once from its source, and readable from earlier offsets as long as these are in the window of bytes kept,
 * or the source can be opened again.
 */
export class ReplayableContent {
  readonly #content: UploadContent;
  readonly #blob: Descriptor;
  readonly #window: ReplayWindow;
  #source: Readable | undefined;
  #pieces: Pieces | undefined;
  #pending: Promise<Piece> | undefined;
  /** What the source failed with: not the registry's fault, and not to be tried again. */
  failure: Error | undefined;

  constructor(content: UploadContent, blob: Descriptor, windowSize: number) {
    this.#content = content;
    this.#blob = blob;
    this.#window = new ReplayWindow(Math.min(windowSize, blob.size));
  }

  /** Whether the bytes from this offset on can still be had. */
  canRead(offset: number): boolean {
    if (this.failure !== undefined) return false;
    return (
      typeof this.#content === "function" || (offset >= this.#window.start && offset <= this.#window.end)
    );
  }

  /** Waits until the source gives something: a registry closes an upload that it has opened and gets nothing for. */
  async ready(): Promise<void> {
    if (this.#blob.size > 0 && this.#window.end === 0) giveBack((await this.#pull()).bytes); // the window has it
  }

  /** The bytes of a range as a stream. Destroying it leaves the source as it is. */
  read(offset: number, length: number): Readable {
    const range = this.#range(offset, offset + length);
    return Readable.from(range, { objectMode: false, highWaterMark: 256 * 1024 });
  }

  destroy(): void {
    this.#window[Symbol.dispose]();
    this.#source?.destroy();
    if (this.#source === undefined && typeof this.#content !== "function") this.#content.destroy();
  }

  async *#range(begin: number, end: number): AsyncGenerator<Buffer> {
    if (begin < this.#window.start) await this.#reopen();
    for (let cursor = begin; cursor < end;) {
      const { start, bytes } = this.#window.at(cursor) ?? (await this.#pull());
      const isWhole = cursor === start && start + bytes.length <= end;
      // the piece itself, not another view of it, can be given back
      const piece = isWhole ? bytes : bytes.subarray(Math.max(0, cursor - start), end - start);
      cursor += piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  /** Reads one more piece from the source. Two readers (one given up, one new) share it. */
  #pull(): Promise<Piece> {
    this.#pending ??= this.#readMore().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #readMore(): Promise<Piece> {
    try {
      this.#pieces ??= await this.#open();
      const start = this.#window.end;
      const { size, digest } = this.#blob;
      const bytes = await this.#pieces.next();
      if (bytes === undefined) throw new SizeMismatchError(`blob ${digest}`, size, start);
      if (start + bytes.length >= size) await this.#expectEnd(start + bytes.length);
      this.#window.keep(bytes);
      return { start, bytes };
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
  }

  /** The last piece is handed out only after the source ended well: its own check of the digest comes there. */
  async #expectEnd(read: number): Promise<void> {
    const { size, digest } = this.#blob;
    let total = read;
    for (;;) {
      if (total > size) throw new SizeMismatchError(`blob ${digest}`, size, total);
      const more = await this.#pieces?.next();
      if (more === undefined) return;
      total += more.length;
    }
  }

  async #open(): Promise<Pieces> {
    this.#source = typeof this.#content === "function" ? await this.#content() : this.#content;
    return new Pieces(this.#source);
  }

  async #reopen(): Promise<void> {
    await this.#pending?.catch(() => undefined);
    this.#source?.destroy();
    this.#window.reset();
    this.#pieces = await this.#open();
  }
}
