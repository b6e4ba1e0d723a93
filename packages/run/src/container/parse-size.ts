import { UsageError } from "@wherry/core/cli";

const UNITS = "bkmgtp";

/**
 * A size as podman reads it for memory: a number of bytes, or with a binary unit: 64m, 1.5g, 100kb.
 *
 * @throws {UsageError}
 */
export function parseSize(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`invalid size: ${JSON.stringify(text)}`);
  return Math.trunc(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
}
