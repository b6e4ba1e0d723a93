import { InvalidElfError } from "./errors.ts";

/** What an ELF object says of the files it needs (System V ABI, "Dynamic Section"; ld.so(8)). */
export interface ElfObject {
  /** 32 or 64 bits, byte order and machine in one: objects that can be loaded together have the same. */
  readonly kind: string;
  /** PT_INTERP: the loader. */
  readonly interpreter?: string;
  /** DT_NEEDED, in order. */
  readonly needed: readonly string[];
  /** DT_RPATH, which counts only where there is no DT_RUNPATH. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads an ELF object; undefined when the bytes are none.
 *
 * @param path for messages.
 * @throws {InvalidElfError}
 */
export function parseElf(bytes: Buffer, path: string): ElfObject | undefined {
  if (bytes.length < 20 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
  try {
    return readObject(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidElfError(path, "it ends before its time");
    throw error;
  }
}

function readObject(bytes: Buffer): ElfObject {
  const wide = bytes[4] === 2;
  const little = bytes[5] === 1;
  const half = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const int = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const word = (at: number) =>
    wide ? Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at)) : int(at);

  const segments = readSegments();
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  const dynamic = readDynamic();
  const strings = dynamic.find(({ tag }) => tag === DT_STRTAB);
  const table = strings === undefined ? 0 : fileOffset(strings.value);
  const texts = (wanted: number) =>
    dynamic.filter(({ tag }) => tag === wanted).map(({ value }) => textAt(bytes, table + value));
  const paths = (wanted: number) =>
    texts(wanted).flatMap((text) => text.split(":").filter((part) => part !== ""));
  return {
    kind: `${wide ? 64 : 32}-${little ? "le" : "be"}-${half(18)}`,
    ...(interpreter === undefined ? {} : { interpreter: textAt(bytes, interpreter.offset) }),
    needed: texts(DT_NEEDED),
    rpath: paths(DT_RPATH),
    runpath: paths(DT_RUNPATH),
  };

  function readSegments(): Segment[] {
    const start = word(wide ? 32 : 28);
    const entrySize = half(wide ? 54 : 42);
    return Array.from({ length: half(wide ? 56 : 44) }, (_, index) => {
      const at = start + index * entrySize;
      return wide
        ? { type: int(at), offset: word(at + 8), address: word(at + 16), size: word(at + 32) }
        : { type: int(at), offset: int(at + 4), address: int(at + 8), size: int(at + 16) };
    });
  }

  function readDynamic(): { tag: number; value: number }[] {
    const segment = segments.find(({ type }) => type === PT_DYNAMIC);
    if (segment === undefined) return [];
    const step = wide ? 16 : 8;
    const entries = Array.from({ length: Math.floor(segment.size / step) }, (_, index) => {
      const at = segment.offset + index * step;
      return { tag: word(at), value: word(at + step / 2) };
    });
    const end = entries.findIndex(({ tag }) => tag === 0);
    return end < 0 ? entries : entries.slice(0, end);
  }

  /** Where in the file an address is that the loader would map. */
  function fileOffset(address: number): number {
    const holder = segments.find(
      (segment) =>
        segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.size,
    );
    return holder === undefined ? address : holder.offset + address - holder.address;
  }
}

/** Text up to the NUL; a start beyond the end is a RangeError, as for numbers. */
function textAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  if (start >= bytes.length || end < 0) throw new RangeError("text beyond the end");
  return bytes.toString("utf8", start, end);
}
