import { InvalidTarError } from "./errors.ts";
import { encodePath } from "./path-bytes.ts";

/** PAX extended header records (POSIX pax, "pax Extended Header"). Values are bytes: xattrs are binary. */
export type PaxRecords = Map<string, Buffer>;

/**
 * Reads the records of an extended header. GNU's sparse format 0.0 repeats two keys; they come back joined as the
 * `GNU.sparse.map` of format 0.1.
 *
 * @throws {InvalidTarError} when a record's length lies.
 */
export function parsePaxRecords(data: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  const sparse: string[] = [];
  for (let at = 0; at < data.length;) {
    const { key, value, end } = parseRecord(data, at);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") sparse.push(value.toString("latin1"));
    else records.set(key, value);
    at = end;
  }
  if (sparse.length > 0) records.set("GNU.sparse.map", Buffer.from(sparse.join(",")));
  return records;
}

function parseRecord(data: Buffer, start: number): { key: string; value: Buffer; end: number } {
  const blank = data.indexOf(0x20, start);
  const digits = blank === -1 || blank - start > 10 ? "" : data.toString("latin1", start, blank);
  const end = start + Number(digits);
  const equals = data.indexOf(0x3d, blank);
  if (!/^[1-9]\d*$/.test(digits) || end > data.length || end <= blank + 1 || data[end - 1] !== 0x0a) {
    throw new InvalidTarError("a PAX record's length is wrong");
  }
  if (equals <= blank + 1 || equals >= end) throw new InvalidTarError("a PAX record has no key");
  return { key: data.toString("utf8", blank + 1, equals), value: data.subarray(equals + 1, end - 1), end };
}

/** The bytes of an extended header, keys sorted so that equal entries give equal bytes. */
export function formatPaxRecords(records: ReadonlyMap<string, Uint8Array | string>): Buffer {
  const keys = [...records.keys()].sort((a, b) => (a < b ? -1 : 1));
  return Buffer.concat(keys.map((key) => formatRecord(key, records.get(key) ?? "")));
}

function formatRecord(key: string, value: Uint8Array | string): Buffer {
  const bytes = typeof value === "string" ? encodePath(value) : value;
  const name = Buffer.from(` ${key}=`);
  const rest = name.length + bytes.length + 1;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), name, bytes, Buffer.from("\n")], length);
}

/** A whole number of a record, such as `size`. @throws {InvalidTarError} */
export function paxInteger(records: PaxRecords, key: string): number | undefined {
  const text = paxText(records, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidTarError(`PAX record ${key} is not a number that makes sense`);
  }
  return value;
}

/** A time in seconds with any number of decimals. @throws {InvalidTarError} */
export function paxTime(
  records: PaxRecords,
  key: string,
): { mtime: number; nanoseconds: number } | undefined {
  const text = paxText(records, key);
  if (text === undefined) return undefined;
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw new InvalidTarError(`PAX record ${key} is not a time`);
  const [, sign = "", whole = "0", decimals = ""] = match;
  const fraction = Number(decimals.slice(0, 9).padEnd(9, "0"));
  if (sign === "") return { mtime: Number(`${whole}.${decimals}`), nanoseconds: fraction };
  const nanoseconds = fraction === 0 ? 0 : 1e9 - fraction;
  return { mtime: -Number(`${whole}.${decimals}`), nanoseconds };
}

/** A record as plain text; undefined when missing or empty, which means "as in the header". */
function paxText(records: PaxRecords, key: string): string | undefined {
  const value = records.get(key);
  return value === undefined || value.length === 0 ? undefined : value.toString("latin1");
}
