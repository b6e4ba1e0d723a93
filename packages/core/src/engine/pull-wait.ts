import { setTimeout as sleep } from "node:timers/promises";
import { RateLimitedError } from "../registry/index.ts";

/** How long a run waits for a registry that allows no more; by default it does not. */
export interface Patience {
  /** In ms, for each registry in all. */
  readonly maximumMs: number;
  /** Told as a pause begins, in ms, of the registry by its name. */
  readonly onWait?: (registry: string, pauseMs: number) => void;
}

/** Until a registry that does not say when is asked again, in ms. It is asked by HEAD, which is no pull. */
const POLL_MS = 60_000;
const SHORTEST_MS = 1000;
/** A pause that is not worth a word, in ms. */
const SILENT_MS = 10_000;

/**
 * Pauses of a run until registries allow pulls again. The images of a run wait together. A window of pulls slides with
 * most registries, so that some are allowed before it ends: they are asked again every minute.
 */
export class PullWait {
  readonly #patience: Patience;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #hosts = new Map<string, { spentMs: number; pause: Promise<void> | undefined }>();
  /** By registry, until when it is known to be left alone. */
  readonly #told = new Map<string, number>();

  constructor(
    patience: Patience,
    signal: AbortSignal | undefined,
    wait: (ms: number) => Promise<void> = (ms) =>
      sleep(ms, undefined, signal === undefined ? {} : { signal }),
  ) {
    this.#patience = patience;
    this.#sleep = wait;
  }

  /** Passes a pause on that a registry asked for and gets from its client: once, for all the requests that were told it. */
  told(registry: string, pauseMs: number): void {
    const until = Date.now() + pauseMs;
    if (pauseMs < SILENT_MS || until < (this.#told.get(registry) ?? 0) + SILENT_MS) return;
    this.#told.set(registry, until);
    this.#patience.onWait?.(registry, pauseMs);
  }

  /** Does the work, again after a pause when it fails since its registry allows no more. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof RateLimitedError) || !(await this.#waitAfter(error))) throw error;
      }
    }
  }

  /** Whether there was a pause: false when it would be longer than what is left of the patience. */
  async #waitAfter({ host, retryAfter, windowSeconds }: RateLimitedError): Promise<boolean> {
    const known = this.#hosts.get(host) ?? { spentMs: 0, pause: undefined };
    this.#hosts.set(host, known);
    if (known.pause === undefined) {
      const { maximumMs, onWait } = this.#patience;
      const told = retryAfter ?? windowSeconds;
      const most = retryAfter === undefined ? POLL_MS : Infinity;
      const pauseMs = Math.max(SHORTEST_MS, Math.min(most, told === undefined ? POLL_MS : told * 1000));
      if (known.spentMs + pauseMs > maximumMs) return false;
      known.spentMs += pauseMs;
      onWait?.(host, pauseMs);
      known.pause = this.#sleep(pauseMs).finally(() => {
        known.pause = undefined;
      });
    }
    await known.pause;
    return true;
  }
}
