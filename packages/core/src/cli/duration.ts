import { UsageError } from "./errors.ts";

/** Milliseconds in each unit of Go's durations. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const PART = /(\d+\.?\d*|\.\d+)([a-zµμ]*)/gy;

/**
 * Reads a duration as Go does (`1h2m3s`, `500ms`, `-1.5h`) and gives milliseconds.
 *
 * @throws {UsageError} in Go's words.
 */
export function parseDuration(text: string): number {
  const digits = text.replace(/^[+-]/, "");
  if (digits === "0") return 0;
  const parts = Array.from(digits.matchAll(PART));
  const read = parts.reduce((length, [part]) => length + part.length, 0);
  if (parts.length === 0 || read !== digits.length) throw invalid(`invalid duration ${JSON.stringify(text)}`);
  let milliseconds = 0;
  for (const [, number, unit = ""] of parts) {
    const size = UNITS[unit];
    if (unit === "") throw invalid(`missing unit in duration ${JSON.stringify(text)}`);
    if (size === undefined)
      throw invalid(`unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    milliseconds += Number(number) * size;
  }
  return text.startsWith("-") ? -milliseconds : milliseconds;
}

/** A duration in milliseconds as Go prints it: `1h2m3s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return "0s";
  if (milliseconds < 1e-3) return `${Math.round(milliseconds * 1e6)}ns`;
  if (milliseconds < 1) return `${rounded(milliseconds * 1e3)}µs`;
  if (milliseconds < 1000) return `${rounded(milliseconds)}ms`;
  const hours = Math.trunc(milliseconds / 3_600_000);
  const minutes = Math.trunc(milliseconds / 60_000) % 60;
  const seconds = rounded((milliseconds % 60_000) / 1000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** To whole nanoseconds or better, so that 0.1 + 0.2 does not show. */
function rounded(value: number): number {
  return Number(value.toFixed(9));
}

function invalid(message: string): UsageError {
  return new UsageError(`time: ${message}`);
}
