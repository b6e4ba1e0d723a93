import { InvalidTarError } from "./errors.ts";
import { encodePath } from "./path-bytes.ts";
import { BLOCK_SIZE, exactTimeOf, paddingOf, type TarEntry, type TarEntryType } from "./tar-entry.ts";
import { fitsOctal, writeOctal } from "./tar-number.ts";
import { formatPaxRecords } from "./tar-pax.ts";

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: "0",
  link: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

/**
 * The header blocks of an entry: one ustar block, and a PAX header before it only for what ustar cannot say (long or
 * non-ASCII names, large numbers, fractions of seconds, xattrs). Equal entries give equal bytes.
 *
 * @throws {InvalidTarError} for an entry that no tar header can describe.
 */
export function formatHeader(entry: TarEntry): Buffer {
  const records = new Map<string, Uint8Array | string>();
  const block = formatBlock(entry, records);
  for (const [name, value] of entry.xattrs ?? []) {
    if (name === "" || name.includes("="))
      throw new InvalidTarError(`xattr name ${JSON.stringify(name)}`, entry.path);
    records.set(`SCHILY.xattr.${name}`, value);
  }
  return records.size === 0 ? block : Buffer.concat([formatPaxHeader(entry, records), block]);
}

function formatPaxHeader({ path }: TarEntry, records: ReadonlyMap<string, Uint8Array | string>): Buffer {
  const data = formatPaxRecords(records);
  const name =
    asciiOf(encodePath(path))
      .split("/")
      .filter((part) => part !== "")
      .at(-1) ?? "";
  const block = Buffer.alloc(BLOCK_SIZE);
  block.write(`PaxHeaders.0/${name}`.slice(0, 100), 0, "latin1");
  writeFields(block, "x", { mode: 0o644, uid: 0, gid: 0, size: data.length, mtime: 0 });
  writeChecksum(block);
  return Buffer.concat([block, data, Buffer.alloc(paddingOf(data.length))]);
}

function formatBlock(entry: TarEntry, records: Map<string, Uint8Array | string>): Buffer {
  const { type, mode, device } = entry;
  const block = Buffer.alloc(BLOCK_SIZE);
  writeName(block, type === "directory" ? `${entry.path}/` : entry.path, records);
  if (type === "symlink" || type === "link") writeLinkName(block, entry, records);
  const { seconds, decimals } = timeOf(entry);
  if (decimals !== "" || !fitsOctal(seconds, 12)) records.set("mtime", formatTime(seconds, decimals));
  writeFields(block, FLAGS[type], {
    mode,
    uid: numberOrRecord(entry.uid, 8, "uid", records),
    gid: numberOrRecord(entry.gid, 8, "gid", records),
    size: type === "file" ? numberOrRecord(entry.size, 12, "size", records) : 0,
    mtime: fitsOctal(seconds, 12) ? seconds : 0,
  });
  if (type === "character" || type === "block") {
    const { major, minor } = device ?? { major: 0, minor: 0 };
    if (!fitsOctal(major, 8) || !fitsOctal(minor, 8))
      throw new InvalidTarError("its device number", entry.path);
    writeOctal(block, 329, 8, major);
    writeOctal(block, 337, 8, minor);
  }
  writeChecksum(block);
  return block;
}

function writeFields(
  block: Buffer,
  flag: string,
  fields: { mode: number; uid: number; gid: number; size: number; mtime: number },
): void {
  writeOctal(block, 100, 8, fields.mode);
  writeOctal(block, 108, 8, fields.uid);
  writeOctal(block, 116, 8, fields.gid);
  writeOctal(block, 124, 12, fields.size);
  writeOctal(block, 136, 12, fields.mtime);
  block.write(flag, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
}

function writeChecksum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK_SIZE; at++) sum += block[at] ?? 0; // twice as fast as for-of
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

/** The name whole, or split at a slash into prefix and name, or as a PAX record. */
function writeName(block: Buffer, path: string, records: Map<string, Uint8Array | string>): void {
  const bytes = encodePath(path);
  checkName(bytes, path);
  if (isPlain(bytes, path) && bytes.length <= 100) {
    bytes.copy(block);
    return;
  }
  const split = isPlain(bytes, path) ? splitOf(bytes) : -1;
  if (split === -1) {
    setText("path", path, bytes, records);
    block.write(asciiOf(bytes).slice(0, 100), 0, "latin1");
  } else {
    bytes.copy(block, 345, 0, split);
    bytes.copy(block, 0, split + 1);
  }
}

function writeLinkName(block: Buffer, entry: TarEntry, records: Map<string, Uint8Array | string>): void {
  const linkName = entry.linkName ?? "";
  const bytes = encodePath(linkName);
  checkName(bytes, entry.path);
  if (isPlain(bytes, linkName) && bytes.length <= 100) bytes.copy(block, 157);
  else {
    setText("linkpath", linkName, bytes, records);
    block.write(asciiOf(bytes).slice(0, 100), 157, "latin1");
  }
}

/** Where to split a long name so that both parts fit ustar's fields; -1 when nowhere. */
function splitOf(bytes: Buffer): number {
  if (bytes.length > 256) return -1;
  const split = bytes.lastIndexOf(0x2f, Math.min(155, bytes.length - 2));
  const rest = bytes.length - split - 1;
  return split > 0 && rest > 0 && rest <= 100 ? split : -1;
}

/** Names that every reader understands from the header alone: ASCII, and bytes that are no UTF-8 and so fit no record. */
function isPlain(bytes: Buffer, path: string): boolean {
  return bytes.length === path.length;
}

function setText(key: string, text: string, bytes: Buffer, records: Map<string, Uint8Array | string>): void {
  if (!text.isWellFormed()) records.set("hdrcharset", "BINARY");
  records.set(key, bytes);
}

function checkName(bytes: Buffer, path: string): void {
  if (bytes.length === 0) throw new InvalidTarError("a name is empty", path);
  if (bytes.includes(0)) throw new InvalidTarError("a name holds a NUL byte", path);
}

function asciiOf(bytes: Buffer): string {
  return bytes.toString("latin1").replace(/[^\x20-\x7e]/g, "_");
}

function numberOrRecord(
  value: number,
  length: number,
  key: string,
  records: Map<string, Uint8Array | string>,
): number {
  if (fitsOctal(value, length)) return value;
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidTarError(`${key} ${value} cannot be written`);
  records.set(key, String(value));
  return 0;
}

function timeOf(entry: TarEntry): { seconds: number; decimals: string } {
  if (!Number.isFinite(entry.mtime)) throw new InvalidTarError("its mtime is no number", entry.path);
  const { seconds, nanoseconds } = exactTimeOf(entry);
  return { seconds, decimals: decimalsOf(nanoseconds) };
}

function decimalsOf(nanoseconds: number): string {
  return String(nanoseconds).padStart(9, "0").replace(/0+$/, "");
}

function formatTime(seconds: number, decimals: string): string {
  if (decimals === "") return String(seconds);
  if (seconds >= 0) return `${seconds}.${decimals}`;
  const fraction = decimalsOf(1e9 - Number(decimals.padEnd(9, "0")));
  return seconds === -1 ? `-0.${fraction}` : `${seconds + 1}.${fraction}`;
}
