import type { Limits, RegistryAccess } from "./access.ts";
import type { Clock } from "./clock.ts";
import { discard, type Answer } from "./connections.ts";
import { isTransient } from "./network-failure.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** Answers that may be better next time. */
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the answer asks for another try. */
export function isRetried(status: number): boolean {
  return RETRIED.has(status);
}

/**
 * When to try again. A host that asks for a pause gets it from all requests of the client: otherwise each of six
 * workers would have to be told by itself.
 */
export class Pacing {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #onThrottled: RegistryAccess["onThrottled"];
  readonly #pausedUntil = new Map<string, number>();

  constructor(
    limits: Limits,
    clock: Clock,
    signal: AbortSignal | undefined,
    onThrottled?: RegistryAccess["onThrottled"],
  ) {
    this.limits = limits;
    this.clock = clock;
    this.#signal = signal;
    this.#onThrottled = onThrottled;
  }

  /** Throws the reason of the caller's signal when it has aborted. */
  checkSignal(): void {
    this.#signal?.throwIfAborted();
  }

  /** Waits until the host may be asked. */
  async ready(host: string): Promise<void> {
    for (;;) {
      const wait = (this.#pausedUntil.get(host) ?? 0) - this.clock.now();
      if (wait <= 0) return;
      await this.clock.sleep(wait, this.#signal);
    }
  }

  /** Sends until the answer is final or the tries are used up; the last answer or error is passed on. */
  async repeat(
    send: () => Promise<Answer>,
    isFinal: (error: unknown) => boolean = () => false,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= this.limits.attempts;
      try {
        const answer = await send();
        if (last || !(await this.pauseAsTold(answer, attempt))) return answer;
        await discard(answer);
      } catch (error) {
        this.checkSignal();
        if (last || !isTransient(error) || isFinal(error)) throw error;
        await this.backOff(attempt);
      }
    }
  }

  /** Waits as the answer asks, or as long as the attempt deserves; false when the answer asks for no other try, or for too long a wait. */
  async pauseAsTold(answer: Answer, attempt: number): Promise<boolean> {
    if (!isRetried(answer.status)) return false;
    const told = this.retryAfter(answer);
    const isTooLong = told !== undefined && told > this.limits.maximumRetryAfterMs;
    if (answer.status === 429 || answer.status === 503) this.#onThrottled?.(isTooLong ? undefined : told);
    if (told === undefined) {
      await this.backOff(attempt);
      return true;
    }
    if (isTooLong) return false;
    const { host } = answer.url;
    const until = this.clock.now() + told;
    this.#pausedUntil.set(host, Math.max(until, this.#pausedUntil.get(host) ?? 0));
    await this.ready(host);
    return true;
  }

  /** The answer's Retry-After in ms. */
  retryAfter(answer: Answer): number | undefined {
    return parseRetryAfter(answer.headers["retry-after"], this.clock.now());
  }

  /** Waits longer each time, and never as long as the neighbour. */
  async backOff(attempt: number): Promise<void> {
    const { firstPauseMs, maximumPauseMs } = this.limits;
    const full = Math.min(firstPauseMs * 2 ** (attempt - 1), maximumPauseMs);
    await this.clock.sleep(full * (0.5 + 0.5 * this.clock.random()), this.#signal);
  }
}
