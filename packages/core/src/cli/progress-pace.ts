/** Progress is told to programs at most this often, of each thing that progresses. */
const STEP_MS = 250;

/** Says when progress is to be told again. */
export class ProgressPace {
  readonly #now: () => number;
  readonly #toldAt = new Map<string, number>();

  /** @param now ms of any clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether enough time has passed since the thing's progress was told; if so it counts as told. */
  isDue(item: string): boolean {
    if (this.#now() - (this.#toldAt.get(item) ?? -Infinity) < STEP_MS) return false;
    this.#toldAt.set(item, this.#now());
    return true;
  }

  forget(item: string): void {
    this.#toldAt.delete(item);
  }
}
