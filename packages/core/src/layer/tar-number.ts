import { InvalidTarError } from "./errors.ts";

/**
 * Reads a numeric header field: octal digits with blanks or NULs around them, or GNU's base-256 (first bit set; two's
 * complement). Empty fields are 0.
 *
 * @throws {InvalidTarError} when it is no number, or one that a double does not hold exactly.
 */
export function readNumber(block: Uint8Array, offset: number, length: number, field: string): number {
  if (((block[offset] ?? 0) & 0x80) !== 0) return readBase256(block, offset, length, field);
  const end = offset + length;
  let at = offset;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at < end && block[at] !== 0 && block[at] !== 0x20) {
    throw new InvalidTarError(`its ${field} is not a number`);
  }
  return value;
}

function readBase256(block: Uint8Array, offset: number, length: number, field: string): number {
  const first = block[offset] ?? 0;
  let value = (first & 0x3f) - (first & 0x40);
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw new InvalidTarError(`its ${field} is too large`);
  return value;
}

/** Whether octal digits can hold the number in a field of so many bytes, the last one NUL. */
export function fitsOctal(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 8 ** (length - 1);
}

/** Writes octal digits with leading zeros and a NUL at the end. The number must fit. */
export function writeOctal(block: Buffer, offset: number, length: number, value: number): void {
  block.write(value.toString(8).padStart(length - 1, "0"), offset, length - 1, "latin1");
  block[offset + length - 1] = 0;
}
