import { UsageError } from "@wherry/core/cli";
import type { BuildDate } from "../builder/index.ts";

interface DateFlags {
  readonly timestamp?: string | undefined;
  readonly "source-date-epoch"?: string | undefined;
  readonly "rewrite-timestamp"?: boolean;
}

/**
 * What `--timestamp`, `--source-date-epoch`, `SOURCE_DATE_EPOCH` and `--rewrite-timestamp` say of times; undefined when they say
 * nothing.
 *
 * @param args values of ARGs, each before the next: `--build-arg`, the environment's, the default before the first FROM
 * @param commitTime what the word `context` means
 * @throws {UsageError}
 */
export function dateOf(
  flags: DateFlags,
  args: readonly (string | undefined)[],
  commitTime?: number,
): BuildDate | undefined {
  if (flags.timestamp !== undefined)
    return { seconds: secondsOf(flags.timestamp, "--timestamp"), files: "force" };
  const isOfCommit = isDateOfContext(flags, args);
  const epoch = isOfCommit ? commitTime?.toString() : epochOf(flags, args);
  const clamps = flags["rewrite-timestamp"] === true;
  if (epoch === undefined || epoch === "") {
    if (!clamps) return undefined;
    throw new UsageError(
      isOfCommit
        ? "--rewrite-timestamp needs a time: the context is no check-out of a git repository"
        : "--rewrite-timestamp needs a time: give --source-date-epoch or set SOURCE_DATE_EPOCH",
    );
  }
  return { seconds: secondsOf(epoch, "SOURCE_DATE_EPOCH"), files: clamps ? "clamp" : "keep" };
}

/** Whether the time is that of the context's commit: BuildKit's word for it is `context`. */
export function isDateOfContext(flags: DateFlags, args: readonly (string | undefined)[]): boolean {
  return flags.timestamp === undefined && epochOf(flags, args) === "context";
}

function epochOf(flags: DateFlags, args: readonly (string | undefined)[]): string | undefined {
  return [flags["source-date-epoch"], ...args].find((text) => text !== undefined);
}

/** Seconds up to the year 9999, as a date can be written. */
export function secondsOf(text: string, name: string): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) > 253_402_300_799)
    throw new UsageError(`invalid ${name} ${JSON.stringify(text)}: expected seconds since 1970`);
  return Number(text);
}
