import type { Readable } from "node:stream";
import { monotonicMs } from "./monotonic.ts";
import { passing } from "./verified.ts";

/** Bytes that may be taken at once after a silence, as the time they stand for. */
const BURST_MS = 100;

/** A limit that many transfers share: each piece waits until those before it have had their time. */
export class Bandwidth {
  readonly bytesPerSecond: number;
  readonly #now: () => number;
  /** When the last piece that was let pass has had its time, in ms. */
  #busyUntil = -Infinity;

  constructor(bytesPerSecond: number, now: () => number = monotonicMs) {
    this.bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** How long to wait, in ms, before so many bytes may pass. They count from now on. */
  reserve(count: number): number {
    const now = this.#now();
    const start = Math.max(this.#busyUntil, now - BURST_MS);
    this.#busyUntil = start + (count / this.bytesPerSecond) * 1000;
    return Math.max(0, this.#busyUntil - now);
  }
}

/** The same bytes, no faster than the limit. */
export function throttled(content: Readable, bandwidth: Bandwidth): Readable {
  return passing(content, (count, pass) => {
    const waitMs = bandwidth.reserve(count);
    if (waitMs < 1) pass();
    else setTimeout(pass, waitMs);
  });
}
