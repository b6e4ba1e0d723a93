import { constants } from "node:os";
import { InvalidSignalError } from "./errors.ts";

const NUMBERS: Readonly<Record<string, number>> = constants.signals;
const RTMIN = 34;
const RTMAX = 64;

/**
 * The number of a signal given as number, NAME, SIGNAME, RTMIN+n or RTMAX-n, in any case.
 *
 * @throws {InvalidSignalError}
 */
export function parseSignal(text: string): number {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    if (number >= 1 && number <= RTMAX) return number;
    throw new InvalidSignalError(text);
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  const number = realTime === null ? NUMBERS[`SIG${name}`] : realTimeNumber(realTime);
  if (number === undefined || number < 1 || number > RTMAX) throw new InvalidSignalError(text);
  return number;
}

/** The name of a signal's number, SIGTERM for 15; the number itself where it has none. */
export function signalName(number: number): string {
  return Object.entries(NUMBERS).find(([, value]) => value === number)?.[0] ?? String(number);
}

function realTimeNumber([, end, sign, offset = "0"]: RegExpExecArray): number {
  const distance = sign === "-" ? -Number(offset) : Number(offset);
  const number = (end === "MIN" ? RTMIN : RTMAX) + distance;
  return number >= RTMIN ? number : 0;
}
