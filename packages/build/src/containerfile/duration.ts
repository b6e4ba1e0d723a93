import { SyntaxProblem } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Reads a duration as Go writes it (`1m30s`, `1.5h`) and gives nanoseconds.
 *
 * @throws {SyntaxProblem}
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const [, sign, body = ""] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  const pieces = [...body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  const length = pieces.reduce((total, [piece]) => total + piece.length, 0);
  if (pieces.length === 0 || length !== body.length)
    throw new SyntaxProblem(`invalid duration ${JSON.stringify(text)}: write it like 30s or 1m30s`);
  const nanoseconds = pieces.reduce(
    (total, [, count = "", unit = ""]) => total + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
  return Math.round(sign === "-" ? -nanoseconds : nanoseconds);
}
