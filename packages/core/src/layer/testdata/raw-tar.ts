/** Fields of a header block as they are to stand there, right or wrong. Numbers are written in octal. */
export interface RawFields {
  readonly name?: string | Buffer;
  readonly flag?: string;
  readonly mode?: number;
  readonly uid?: number | Buffer;
  readonly gid?: number | Buffer;
  readonly size?: number | string | Buffer;
  readonly mtime?: number | Buffer;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Default ustar. */
  readonly magic?: "v7" | "ustar" | "gnu";
  /** Other bytes at other places. */
  readonly patches?: readonly (readonly [offset: number, bytes: Buffer])[];
  /** Instead of the right sum. */
  readonly checksum?: string;
}

const MAGIC = { v7: "", ustar: "ustar\x0000", gnu: "ustar  \0" };

/** Two blocks of zeros. */
export const END = Buffer.alloc(1024);

/** One header block, written without any of the code under test. Owned by this process unless said otherwise. */
export function rawHeader(fields: RawFields): Buffer {
  const block = Buffer.alloc(512);
  const { name = "file", flag = "0", magic = "ustar", device, patches = [] } = fields;
  block.set(Buffer.from(name), 0);
  put(block, 100, 8, fields.mode ?? 0o644);
  put(block, 108, 8, fields.uid ?? process.getuid?.() ?? 0);
  put(block, 116, 8, fields.gid ?? process.getgid?.() ?? 0);
  put(block, 124, 12, fields.size ?? 0);
  put(block, 136, 12, fields.mtime ?? 1_700_000_000);
  block.write(flag, 156, "latin1");
  block.write(fields.linkName ?? "", 157);
  block.write(MAGIC[magic], 257, "latin1");
  if (device !== undefined) {
    put(block, 329, 8, device[0]);
    put(block, 337, 8, device[1]);
  }
  block.write(fields.prefix ?? "", 345);
  for (const [offset, bytes] of patches) block.set(bytes, offset);
  block.write("        ", 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(fields.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Header and content of an entry; the size is that of the content unless said otherwise. */
export function rawEntry(fields: RawFields, content: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([rawHeader({ size: bytes.length, ...fields }), padded(bytes)]);
}

/** A PAX header with those records, which are counted right. */
export function rawPax(records: Readonly<Record<string, string | Buffer>>, flag = "x"): Buffer {
  return rawEntry({ name: "PaxHeaders/x", flag }, Buffer.concat(Object.entries(records).map(rawRecord)));
}

/** An archive of those parts, with its end. */
export function rawTar(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, END]);
}

/** A number in GNU's base-256, two's complement. */
export function base256(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let rest = BigInt.asUintN(8 * length, value);
  for (let at = length - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  return bytes;
}

/** Content filled up to whole blocks. */
export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)]);
}

function rawRecord([key, value]: [string, string | Buffer]): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function put(block: Buffer, offset: number, length: number, value: number | string | Buffer): void {
  if (typeof value === "number") block.write(value.toString(8).padStart(length - 1, "0"), offset, "latin1");
  else block.set(Buffer.from(value), offset);
}
