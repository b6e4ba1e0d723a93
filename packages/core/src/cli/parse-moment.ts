import { parseDuration } from "./duration.ts";
import { UsageError } from "./errors.ts";

/**
 * A point in time as `--since` takes it: RFC 3339 or a part of it, seconds since 1970, or how long before now (10m).
 *
 * @throws {UsageError}
 */
export function parseMoment(text: string, now: Date): Date {
  if (/^\d+(?:\.\d+)?$/.test(text)) return new Date(Number(text) * 1000);
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const local = text.includes("T") ? text : text.replace(" ", "T");
    const moment = new Date(local.includes("T") ? local : `${local}T00:00:00`);
    if (!Number.isNaN(moment.getTime())) return moment;
    throw new UsageError(`failed to parse ${JSON.stringify(text)} as a time`);
  }
  return new Date(now.getTime() - parseDuration(text));
}
