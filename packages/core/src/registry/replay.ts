import { Readable } from "node:stream";
import { SizeMismatchError } from "../io/index.ts";
import type { Descriptor } from "../oci/index.ts";

/** Content to upload: a stream, or a function that opens it, which then may be called again after a failure. */
export type UploadContent = Readable | (() => Promise<Readable>);

/**
 * Content read once from its source, and readable from earlier offsets as long as these are in the window of bytes kept,
 * or the source can be opened again.
 */
export class ReplayableContent {
  readonly #content: UploadContent;
  readonly #blob: Descriptor;
  readonly #windowSize: number;
  #source: Readable | undefined;
  #iterator: AsyncIterator<Buffer> | undefined;
  #kept: Buffer[] = [];
  #keptStart = 0;
  #keptEnd = 0;
  #pending: Promise<void> | undefined;
  /** What the source failed with: not the registry's fault, and not to be tried again. */
  failure: Error | undefined;

  constructor(content: UploadContent, blob: Descriptor, windowSize: number) {
    this.#content = content;
    this.#blob = blob;
    this.#windowSize = windowSize;
  }

  /** Whether the bytes from this offset on can still be had. */
  canRead(offset: number): boolean {
    if (this.failure !== undefined) return false;
    return typeof this.#content === "function" || (offset >= this.#keptStart && offset <= this.#keptEnd);
  }

  /** The bytes of a range as a stream. Destroying it leaves the source as it is. */
  read(offset: number, length: number): Readable {
    return Readable.from(this.#range(offset, offset + length), {
      objectMode: false,
      highWaterMark: 256 * 1024,
    });
  }

  destroy(): void {
    this.#source?.destroy();
    if (this.#source === undefined && typeof this.#content !== "function") this.#content.destroy();
    this.#kept = [];
  }

  async *#range(start: number, end: number): AsyncGenerator<Buffer> {
    if (start < this.#keptStart) await this.#reopen();
    for (let cursor = start; cursor < end;) {
      const chunk = this.#at(cursor);
      if (chunk === undefined) {
        await this.#pull();
        continue;
      }
      const part = chunk.length > end - cursor ? chunk.subarray(0, end - cursor) : chunk;
      cursor += part.length;
      yield part;
    }
  }

  /** The kept bytes that begin at an offset; undefined when they are not read yet. */
  #at(offset: number): Buffer | undefined {
    if (offset >= this.#keptEnd) return undefined;
    let end = this.#keptEnd;
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const chunk = this.#kept[index] as Buffer;
      const begin = end - chunk.length;
      if (begin <= offset) return begin === offset ? chunk : chunk.subarray(offset - begin);
      end = begin;
    }
    return undefined;
  }

  /** Reads one more chunk from the source. Two readers (one given up, one new) share it. */
  async #pull(): Promise<void> {
    this.#pending ??= this.#readMore().finally(() => (this.#pending = undefined));
    await this.#pending;
  }

  async #readMore(): Promise<void> {
    try {
      this.#iterator ??= await this.#open();
      const { size, digest } = this.#blob;
      const result = await this.#iterator.next();
      if (result.done === true) throw new SizeMismatchError(`blob ${digest}`, size, this.#keptEnd);
      if (this.#keptEnd + result.value.length >= size)
        await this.#expectEnd(this.#keptEnd + result.value.length);
      this.#keep(result.value);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw this.failure;
    }
  }

  /** The last chunk is handed out only after the source ended well: its own check of the digest comes there. */
  async #expectEnd(read: number): Promise<void> {
    const { size, digest } = this.#blob;
    let total = read;
    for (;;) {
      if (total > size) throw new SizeMismatchError(`blob ${digest}`, size, total);
      const result = await this.#iterator?.next();
      if (result === undefined || result.done === true) return;
      total += result.value.length;
    }
  }

  #keep(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#kept.push(chunk);
    this.#keptEnd += chunk.length;
    for (;;) {
      const first = this.#kept[0];
      if (first === undefined || this.#keptEnd - this.#keptStart - first.length < this.#windowSize) return;
      this.#kept.shift();
      this.#keptStart += first.length;
    }
  }

  async #open(): Promise<AsyncIterator<Buffer>> {
    this.#source = typeof this.#content === "function" ? await this.#content() : this.#content;
    return this.#source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  async #reopen(): Promise<void> {
    await this.#pending?.catch(() => undefined);
    this.#source?.destroy();
    this.#kept = [];
    this.#keptStart = 0;
    this.#keptEnd = 0;
    this.#iterator = await this.#open();
  }
}
