import { InvalidLimitError } from "./errors.ts";
import type { RuntimeLimit } from "./runtime-spec.ts";

/** getrlimit(2), as `--ulimit` names them. */
const NAMES: readonly string[] = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

/** RLIM_INFINITY. JSON has it as a number that loses its low bits in JavaScript, so the largest safe one stands for it. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * Reads `--ulimit NAME=SOFT[:HARD]`; -1 and "unlimited" mean no limit.
 *
 * @throws {InvalidLimitError}
 */
export function parseLimit(text: string): RuntimeLimit {
  const [, name, softText, hardText] =
    /^([a-z]+)=(-1|unlimited|[0-9]+)(?::(-1|unlimited|[0-9]+))?$/.exec(text) ?? [];
  if (name === undefined || softText === undefined)
    throw new InvalidLimitError(text, "not of the form NAME=NUMBER");
  if (!NAMES.includes(name)) throw new InvalidLimitError(text, `no limit is called ${name}`);
  const soft = parseNumber(softText);
  const hard = hardText === undefined ? soft : parseNumber(hardText);
  if (soft > hard) throw new InvalidLimitError(text, "the soft limit is above the hard limit");
  return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
}

function parseNumber(text: string): number {
  return text === "-1" || text === "unlimited" ? UNLIMITED : Math.min(Number(text), UNLIMITED);
}
