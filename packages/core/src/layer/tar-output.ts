import type { Writable } from "node:stream";
import { writeFully } from "../io/index.ts";
import { Digester, type Digest } from "../oci/index.ts";

const BUFFER_SIZE = 256 * 1024;

/**
 * Gathers small writes into large ones for a file descriptor or a stream, counts and digests them. Every method may
 * return a promise, which is to be awaited before the next call: that is the back-pressure.
 */
export class TarOutput {
  readonly #target: number | Writable;
  readonly #digester = new Digester();
  #buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  #fill = 0;

  constructor(target: number | Writable) {
    this.#target = target;
  }

  /** A place of at most so many bytes to write into; `advance` says how many were used. */
  space(size: number): Buffer {
    return this.#buffer.subarray(this.#fill, Math.min(this.#fill + size, BUFFER_SIZE));
  }

  advance(size: number): void | Promise<void> {
    this.#fill += size;
    if (this.#fill === BUFFER_SIZE) return this.#flush();
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const space = this.space(bytes.length - at);
      space.set(bytes.subarray(at, at + space.length));
      at += space.length;
      const flushed = this.advance(space.length);
      if (flushed !== undefined) await flushed;
    }
  }

  async zeros(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const space = this.space(left).fill(0);
      left -= space.length;
      const flushed = this.advance(space.length);
      if (flushed !== undefined) await flushed;
    }
  }

  /** Hands over the rest. A stream is not ended: that is the caller's. */
  async finish(): Promise<{ digest: Digest; size: number }> {
    await this.#flush();
    return { digest: this.#digester.digest(), size: this.#digester.size };
  }

  #flush(): void | Promise<void> {
    const full = this.#buffer.subarray(0, this.#fill);
    this.#fill = 0;
    this.#digester.update(full);
    if (typeof this.#target === "number") {
      writeFully(this.#target, full);
      return;
    }
    this.#buffer = Buffer.allocUnsafe(BUFFER_SIZE); // the stream keeps the old one until it is written
    return writeTo(this.#target, full);
  }
}

/** Writes to a stream and waits until it wants more. @throws what the stream fails with. */
function writeTo(stream: Writable, bytes: Buffer): Promise<void> | void {
  if (stream.errored !== null) throw stream.errored;
  if (stream.destroyed) throw new Error("the stream an archive is written to was closed");
  if (stream.write(bytes)) return;
  return new Promise((resolve, reject) => {
    const settle = () => {
      stream.off("drain", settle).off("close", settle).off("error", settle);
      if (stream.errored !== null) reject(stream.errored);
      else if (stream.destroyed) reject(new Error("the stream an archive is written to was closed"));
      else resolve();
    };
    stream.on("drain", settle).on("close", settle).on("error", settle);
  });
}
