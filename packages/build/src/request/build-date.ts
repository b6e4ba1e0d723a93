import { UsageError } from "@wherry/core/cli";
import type { BuildDate } from "../builder/index.ts";

/**
 * What `--timestamp`, `--source-date-epoch`, `SOURCE_DATE_EPOCH` and `--rewrite-timestamp` say of times; undefined when they say
 * nothing.
 *
 * @param args values of ARGs, each before the next: `--build-arg`, the environment's, the default before the first FROM
 * @throws {UsageError}
 */
export function dateOf(
  flags: {
    timestamp?: string | undefined;
    "source-date-epoch"?: string | undefined;
    "rewrite-timestamp"?: boolean;
  },
  args: readonly (string | undefined)[],
): BuildDate | undefined {
  if (flags.timestamp !== undefined)
    return { seconds: secondsOf(flags.timestamp, "--timestamp"), files: "force" };
  const epoch = [flags["source-date-epoch"], ...args].find((text) => text !== undefined);
  const clamps = flags["rewrite-timestamp"] === true;
  if (epoch === undefined || epoch === "") {
    if (!clamps) return undefined;
    throw new UsageError(
      "--rewrite-timestamp needs a time: give --source-date-epoch or set SOURCE_DATE_EPOCH",
    );
  }
  return { seconds: secondsOf(epoch, "SOURCE_DATE_EPOCH"), files: clamps ? "clamp" : "keep" };
}

/** Seconds up to the year 9999, as a date can be written. */
export function secondsOf(text: string, name: string): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) > 253_402_300_799)
    throw new UsageError(`invalid ${name} ${JSON.stringify(text)}: expected seconds since 1970`);
  return Number(text);
}
