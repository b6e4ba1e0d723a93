import { UsageError } from "./errors.ts";

/**
 * Checks a level of compression, 1 to 22, against its format; default gzip.
 *
 * @throws {UsageError} for one that gzip does not have
 */
export function checkCompressionLevel(level: number | undefined, format: string | undefined): void {
  if (level !== undefined && level > 9 && format !== "zstd")
    throw new UsageError(`gzip has levels from 1 to 9, not ${level}`);
}
