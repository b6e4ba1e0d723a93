/** mulberry32: numbers from 0 to below 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. */
export function pick<T>(from: readonly T[], luck: number): T {
  const value = from[Math.floor(luck * from.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}

/** Seed and number of runs of all specs here; the long mode is WHERRY_FAULT_RUNS=500. */
export const SEED = Number(process.env["WHERRY_FAULT_SEED"] ?? 1);
export const RUNS =
  process.env["WHERRY_FAULT_RUNS"] === undefined ? undefined : Number(process.env["WHERRY_FAULT_RUNS"]);

/** The error with what was under way in front of it. */
export function during(what: string, error: unknown): Error {
  return new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
