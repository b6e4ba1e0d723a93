import { monotonicMs } from "@wherry/core/io";
import { encodedOf, type Digest } from "@wherry/core/oci";
import type { RemoteCache } from "../cache/remote-cache.ts";
import type { JobSlots } from "./job-slots.ts";
import type { StepCache, StepMark, StepResult } from "./step-cache.ts";
import type { StepKey } from "./step-key.ts";
import type { StepLocks } from "./step-lock.ts";

/** A step that is done. */
export interface DoneStep {
  readonly result: StepResult;
  /** Whether it was not done now, because its result was there or was being made elsewhere. */
  readonly cached: boolean;
  /** How long it took to make. */
  readonly milliseconds?: number;
  /** Why it was not in the cache, where that was asked. */
  readonly reason?: string;
}

/** A step to do. */
export interface StepWork {
  readonly mark: StepMark;
  /** Key that is cheap to know. */
  readonly key: StepKey;
  /** Key by the content of what is used alone, asked for when the cheap one is not known. */
  readonly byContent?: () => Promise<StepKey>;
  readonly make: () => Promise<StepResult>;
}

export interface StepRunnerParts {
  readonly cache: StepCache;
  readonly slots: JobSlots;
  readonly locks: StepLocks;
  readonly signal?: AbortSignal;
  /** Whether misses are explained. */
  readonly explains?: boolean;
  /** Nothing is made: what is not in the cache is reported by `NotMade`. */
  readonly isDryRun?: boolean;
  /** Results that are kept elsewhere. */
  readonly remote?: RemoteCache | undefined;
  /** Told of each step that is there, with a cheaper key for the same. */
  readonly onResult?: ((key: Digest, result: StepResult, lead?: Digest) => void) | undefined;
  /** Told that another process does the very same step. */
  readonly onWait?: (pid: number) => void;
}

/** In a dry run: the step would be done. */
export class NotMade extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Does each step once: what is in the cache is taken from there, and what this or another process is doing is waited for. */
export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #running = new Map<Digest, Promise<DoneStep>>();

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
  }

  async run(work: StepWork): Promise<DoneStep> {
    const { cache, onResult } = this.#parts;
    const cheap = work.key.digest;
    const first = await this.#known(cheap);
    const key = first === undefined ? await work.byContent?.() : undefined;
    if (first !== undefined || key === undefined) {
      const done = first ?? (await (this.#find(cheap) ?? this.#begin(work.key, work)));
      onResult?.(done.result.foundAs ?? cheap, done.result, cheap);
      return done;
    }
    const known = await this.#known(key.digest);
    const done = known ?? (await (this.#find(key.digest) ?? this.#begin(key, work)));
    cache.lead(cheap, key.digest);
    onResult?.(done.result.foundAs ?? key.digest, done.result, cheap);
    return done;
  }

  /** The result that is there, is being made in this process, or is kept elsewhere. */
  async #known(digest: Digest): Promise<DoneStep | undefined> {
    const here = this.#find(digest);
    if (here !== undefined) return await here;
    const result = await this.#parts.remote?.find([digest]);
    return result === undefined ? undefined : { result, cached: true };
  }

  /** The result that is there or is being made in this process. */
  #find(digest: Digest): Promise<DoneStep> | undefined {
    const running = this.#running.get(digest);
    if (running !== undefined) return running.then(({ result }) => ({ result, cached: true }));
    const known = this.#parts.cache.find(digest);
    return known === undefined ? undefined : Promise.resolve({ result: known, cached: true });
  }

  #begin(key: StepKey, work: StepWork): Promise<DoneStep> {
    const making = this.#make(key, work);
    this.#running.set(key.digest, making);
    making.catch(() => this.#running.delete(key.digest));
    return making;
  }

  async #make(key: StepKey, { mark, make }: StepWork): Promise<DoneStep> {
    const { cache, slots, locks, signal, onWait, explains = false, isDryRun = false } = this.#parts;
    const reason = explains || isDryRun ? cache.explain(key, mark) : undefined;
    if (isDryRun) throw new NotMade(reason ?? "");
    using _lock = await locks.take(encodedOf(key.digest), {
      ...(signal === undefined ? {} : { signal }),
      ...(onWait === undefined ? {} : { onWait }),
    });
    const known = cache.find(key.digest);
    if (known !== undefined) return { result: known, cached: true };
    return await slots.use(async () => {
      signal?.throwIfAborted();
      const start = monotonicMs();
      const result = await make();
      const milliseconds = monotonicMs() - start;
      cache.save(key, result, mark, milliseconds);
      return { result, cached: false, milliseconds, ...(reason === undefined ? {} : { reason }) };
    });
  }
}
