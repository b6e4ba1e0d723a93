import { DamagedCompressionError } from "./errors.ts";

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/** The part of a frame that is read next. */
type Part = "magic" | "skippable size" | "descriptor" | "frame header" | "block header" | "data";

/**
 * Cuts zstd content so that no piece reaches over the end of a frame, and leaves out skippable frames (RFC 8878 3.1):
 * Node's decompressor silently drops what follows a frame in the same piece.
 *
 * @throws {DamagedCompressionError} when something else than a frame follows, or the content ends inside one.
 */
export async function* splitZstdFrames(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const parser = new FrameParser();
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length;) {
      const end = parser.advance(chunk, at);
      if (parser.held !== undefined) yield parser.held;
      if (!parser.skipping) yield chunk.subarray(at, end);
      at = end;
    }
  }
  if (!parser.atFrameStart) throw new DamagedCompressionError("zstd", "unexpected end of file");
}

class FrameParser {
  /** Whether the bytes just passed belong to no data frame, or are not yet known to. */
  skipping = false;
  /** Bytes of earlier chunks that turned out to belong to a data frame. */
  held: Buffer | undefined;
  #part: Part = "magic";
  /** Bytes of `#part` that are still missing. */
  #left = 4;
  /** What was seen of a part that is a number. */
  #seen: number[] = [];
  #skippable = false;
  #checksum = 0;
  #lastBlock = false;

  get atFrameStart(): boolean {
    return this.#part === "magic" && this.#left === 4;
  }

  /** Passes bytes up to the end of the frame or of the chunk, or to where it changes whether they are skipped. */
  advance(chunk: Buffer, start: number): number {
    this.held = undefined;
    let at = start;
    if (this.#part === "magic") at = this.#readMagic(chunk, start);
    if (this.#part === "magic") {
      this.skipping = true;
      return at;
    }
    this.skipping = this.#skippable;
    while (at < chunk.length && !this.atFrameStart) at = this.#pass(chunk, at);
    return at;
  }

  #readMagic(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && this.#left > 0) {
      this.#seen.push(chunk[at++] ?? 0);
      this.#left--;
    }
    if (this.#left > 0) return at;
    const magic = Buffer.from(this.#seen).readUInt32LE();
    const earlier = this.#seen.length - (at - start);
    if (earlier > 0 && magic === MAGIC) this.held = Buffer.from(this.#seen.slice(0, earlier));
    this.#seen = [];
    this.#skippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
    if (!this.#skippable && magic !== MAGIC) throw new DamagedCompressionError("zstd", "unknown frame");
    this.#expect(this.#skippable ? "skippable size" : "descriptor", this.#skippable ? 4 : 1);
    return at;
  }

  #pass(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#left);
    if (this.#part !== "data" && this.#part !== "frame header") {
      for (let at = start; at < end; at++) this.#seen.push(chunk[at] ?? 0);
    }
    this.#left -= end - start;
    if (this.#left === 0) this.#next();
    return end;
  }

  #next(): void {
    const value = this.#seen.reduceRight((sum, byte) => sum * 256 + byte, 0);
    this.#seen = [];
    switch (this.#part) {
      case "skippable size":
        this.#lastBlock = true;
        this.#checksum = 0;
        this.#expectData(value);
        break;
      case "descriptor":
        this.#checksum = (value & 4) === 0 ? 0 : 4;
        this.#expect("frame header", frameHeaderSize(value));
        break;
      case "block header":
        this.#readBlockHeader(value);
        break;
      case "frame header":
        this.#expect("block header", 3);
        break;
      default:
        if (this.#lastBlock) this.#expect("magic", 4);
        else this.#expect("block header", 3);
    }
  }

  #readBlockHeader(header: number): void {
    const type = (header >> 1) & 3;
    if (type === 3) throw new DamagedCompressionError("zstd", "unknown block type");
    this.#lastBlock = (header & 1) === 1;
    const size = type === 1 ? 1 : header >> 3;
    this.#expectData(this.#lastBlock ? size + this.#checksum : size);
  }

  #expectData(size: number): void {
    this.#expect("data", size);
    if (size === 0) this.#next();
  }

  #expect(part: Part, size: number): void {
    this.#part = part;
    this.#left = size;
  }
}

/** Bytes of window descriptor, dictionary id and content size: at least 1 (RFC 8878 3.1.1.1). */
function frameHeaderSize(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (singleSegment ? 0 : 1) + dictionary + contentSize;
}
