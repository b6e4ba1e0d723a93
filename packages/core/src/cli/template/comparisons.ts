import { goText } from "./print.ts";
import { typeName } from "./values.ts";

/** Whether Go's `eq` takes two values for equal. @throws Error in Go's words */
export function isEqual(left: unknown, right: unknown): boolean {
  const [first, second] = [left ?? null, right ?? null];
  for (const value of [first, second]) {
    if (value !== null && typeof value === "object")
      throw new Error(`non-comparable type ${goText(value)}: ${typeName(value)}`);
  }
  if (first === null || second === null) return first === second;
  if (typeof first !== typeof second) throw new Error("incompatible types for comparison");
  return first === second;
}

/** The order of two numbers or texts. @throws Error in Go's words */
export function compare(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  const isBasic = [left, right].every((value) => ["number", "string"].includes(typeof value));
  throw new Error(isBasic ? "incompatible types for comparison" : "invalid type for comparison");
}
