import type { Evidence } from "./evidence.ts";

/** A cause that explains what happened. */
export interface Finding {
  /** Stable: "out-of-memory". */
  readonly cause: string;
  /** One sentence. */
  readonly says: string;
  /** What it was concluded from. */
  readonly seen: readonly string[];
  /** What to do about it. */
  readonly fixes: readonly string[];
}

/** One cause: what speaks for it. */
export interface Rule {
  readonly cause: string;
  readonly look: (evidence: Evidence) => Omit<Finding, "cause"> | undefined;
}
