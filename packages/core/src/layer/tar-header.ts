import { InvalidTarError } from "./errors.ts";
import { decodePath } from "./path-bytes.ts";
import { readNumber } from "./tar-number.ts";

/** The fields of one 512-byte header block, as it says them, before PAX records and long names change them. */
export interface TarHeader {
  readonly path: string;
  /** The type flag, one character; "0" when NUL. */
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * Reads a header block: v7, ustar, star and GNU.
 *
 * @throws {InvalidTarError} for a wrong checksum, and for fields that are no numbers.
 */
export function parseHeader(block: Buffer): TarHeader {
  checkSum(block);
  const flag = block[156] ?? 0;
  const name = field(block, 0, 100);
  const prefix = prefixOf(block);
  const isDevice = flag === 0x33 || flag === 0x34;
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    flag: flag === 0 ? "0" : String.fromCharCode(flag),
    mode: readNumber(block, 100, 8, "mode") & 0o7777,
    uid: readNumber(block, 108, 8, "uid"),
    gid: readNumber(block, 116, 8, "gid"),
    size: readNumber(block, 124, 12, "size"),
    mtime: readNumber(block, 136, 12, "mtime"),
    linkName: block[157] === 0 ? "" : field(block, 157, 100),
    major: isDevice ? readNumber(block, 329, 8, "device number") : 0,
    minor: isDevice ? readNumber(block, 337, 8, "device number") : 0,
  };
}

/** Whether a block is all zero: two of them end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

/** ustar splits long names; star's prefix is shorter; GNU uses the place for something else. */
function prefixOf(block: Buffer): string {
  if (block[345] === 0 || block.toString("latin1", 257, 265) !== "ustar\x0000") return "";
  return field(block, 345, block.toString("latin1", 508, 512) === "tar\0" ? 131 : 155);
}

function field(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  const stop = end === -1 || end > offset + length ? offset + length : end;
  return decodePath(block.subarray(offset, stop));
}

/** The sum of all bytes with blanks in place of the sum; old writers summed signed bytes. */
function checkSum(block: Buffer): void {
  const stored = readNumber(block, 148, 8, "checksum");
  let sum = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < 512; at++) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    sum += byte;
    high += byte >> 7;
  }
  if (stored !== sum && stored !== sum - 256 * high)
    throw new InvalidTarError("a header's checksum is wrong");
}
