import { encodedOf, type Digest } from "@wherry/core/oci";
import type { JobSlots } from "./job-slots.ts";
import type { StepCache, StepResult } from "./step-cache.ts";
import type { StepKey } from "./step-key.ts";
import type { StepLocks } from "./step-lock.ts";

/** A step that is done. */
export interface DoneStep {
  readonly result: StepResult;
  /** Whether it was not done now, because its result was there or was being made elsewhere. */
  readonly cached: boolean;
  /** How long it took to make. */
  readonly milliseconds?: number;
}

export interface StepRunnerParts {
  readonly cache: StepCache;
  readonly slots: JobSlots;
  readonly locks: StepLocks;
  readonly signal?: AbortSignal;
  /** Told that another process does the very same step. */
  readonly onWait?: (pid: number) => void;
}

/** Does each step once: what is in the cache is taken from there, and what this or another process is doing is waited for. */
export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #running = new Map<Digest, Promise<DoneStep>>();

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
  }

  async run({ digest, inputs }: StepKey, make: () => Promise<StepResult>): Promise<DoneStep> {
    const running = this.#running.get(digest);
    if (running !== undefined) return { result: (await running).result, cached: true };
    const known = this.#parts.cache.find(digest);
    if (known !== undefined) return { result: known, cached: true };
    const making = this.#make({ digest, inputs }, make);
    this.#running.set(digest, making);
    making.catch(() => this.#running.delete(digest));
    return making;
  }

  async #make(key: StepKey, make: () => Promise<StepResult>): Promise<DoneStep> {
    const { cache, slots, locks, signal, onWait } = this.#parts;
    using _lock = await locks.take(encodedOf(key.digest), {
      ...(signal === undefined ? {} : { signal }),
      ...(onWait === undefined ? {} : { onWait }),
    });
    const known = cache.find(key.digest);
    if (known !== undefined) return { result: known, cached: true };
    return await slots.use(async () => {
      signal?.throwIfAborted();
      const start = performance.now();
      const result = await make();
      const milliseconds = performance.now() - start;
      cache.save(key.digest, result);
      return { result, cached: false, milliseconds };
    });
  }
}
