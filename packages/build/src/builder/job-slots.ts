/** So many pieces of work at a time; the others wait their turn, first come first served. */
export class JobSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count at least 1; Infinity for no limit */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs work when a slot is free. The work must not wait for other work that needs a slot. */
  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
