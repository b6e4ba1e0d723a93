/** How many requests may be under way at a time. */
export interface BudgetLimits {
  /** At the beginning. */
  readonly initial: number;
  readonly maximum: number;
}

let made = 0;

/**
 * The requests that one registry may be asked at a time, learnt from how it answers: each full round of successes allows one
 * more, a plea for fewer halves what is allowed. Who comes first is served first.
 */
export class Budget {
  /** Who needs several budgets takes them in this order, so that nobody waits in a circle. */
  readonly order = made++;
  readonly #maximum: number;
  readonly #waiting: (() => void)[] = [];
  #allowed: number;
  #used = 0;
  #successes = 0;
  /** Pleas about requests that were under way when the budget was halved say nothing new. */
  #deaf = 0;

  constructor({ initial, maximum }: BudgetLimits = { initial: 6, maximum: 16 }) {
    this.#allowed = initial;
    this.#maximum = maximum;
  }

  /** Requests allowed at a time. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Waits for room. Whoever took must give back. */
  async take(): Promise<void> {
    if (this.#used < this.#allowed && this.#waiting.length === 0) {
      this.#used += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  giveBack(succeeded: boolean): void {
    this.#used -= 1;
    if (this.#deaf > 0) this.#deaf -= 1;
    if (succeeded && ++this.#successes >= this.#allowed) {
      this.#successes = 0;
      this.#allowed = Math.min(this.#allowed + 1, this.#maximum);
    }
    while (this.#used < this.#allowed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#used += 1;
      next();
    }
  }

  /** The registry asks for fewer requests. */
  halve(): void {
    if (this.#deaf > 0) return;
    this.#deaf = this.#used;
    this.#successes = 0;
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
  }
}

/** Takes all budgets, in the order that avoids deadlocks; the function given back returns them, once. */
export async function takeAll(budgets: readonly Budget[]): Promise<(succeeded: boolean) => void> {
  const taken = [...new Set(budgets)].sort((a, b) => a.order - b.order);
  for (const budget of taken) await budget.take();
  let isOver = false;
  return (succeeded) => {
    if (isOver) return;
    isOver = true;
    for (const budget of taken) budget.giveBack(succeeded);
  };
}

/** Does something that costs one request of each budget. */
export async function within<T>(budgets: readonly Budget[], work: () => Promise<T>): Promise<T> {
  const giveBack = await takeAll(budgets);
  try {
    const result = await work();
    giveBack(true);
    return result;
  } finally {
    giveBack(false);
  }
}
