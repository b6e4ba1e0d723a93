import { parseDuration } from "@wherry/core/cli";

/** A duration as Go writes them (30s, 1m30s), in nanoseconds as image configs have it. @throws {UsageError} */
export function nanosecondsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Math.round(parseDuration(text) * 1e6);
}
