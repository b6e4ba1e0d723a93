import { InvalidSettingError } from "./errors.ts";

const UNITS = "bkmgtp";

/**
 * A size as podman and buildah read it for memory: a number of bytes, or with a binary unit: 64m, 1.5g, 100kb.
 *
 * @param flag that has it, for the message
 * @throws {InvalidSettingError}
 */
export function parseSize(text: string, flag: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidSettingError(flag, text, "expected a size, such as 64m");
  return Math.trunc(Number(number) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
}
