import { InvalidTarError } from "./errors.ts";
import { BLOCK_SIZE, paddingOf, type SparseExtent, type TarEntry } from "./tar-entry.ts";
import { createEntry } from "./create-entry.ts";
import { ExtendedHeaders } from "./extended-headers.ts";
import { isZeroBlock, parseHeader, type TarHeader } from "./tar-header.ts";
import { readNumber } from "./tar-number.ts";
import { checkExtents, readOldExtents, SparseMapReader } from "./tar-sparse.ts";

/** Who is told what a TarReader finds, in the archive's order. */
export interface TarHandler {
  /**
   * An entry begins. `offset` is where its stored content begins in the archive, in bytes. `false` means "not now":
   * the reader stops, and after `resume` asks again.
   */
  entry(entry: TarEntry, offset: number): boolean;
  /** A piece of its content and its place in the file; holes of sparse files are left out. Valid during the call. */
  content(bytes: Buffer, position: number): void;
  /** All content of the entry was given. */
  end(): void;
}

/** A sparse map of old GNU's may have so many extents: 1 MiB of them. */
const EXTENT_LIMIT = 65_536;

type State = "header" | "meta" | "old-sparse" | "sparse-map" | "entry" | "content" | "padding" | "end";

/**
 * Reads a tar archive that is pushed into it piece by piece: ustar, GNU long names, PAX headers also global ones,
 * base-256 numbers, sparse files of old GNU and formats 0.0, 0.1 and 1.0. Nothing is held but one header.
 * Which entries carry content is decided as Go's archive/tar does, so that no other tool sees other entries.
 *
 * @throws {InvalidTarError} from `write`, `resume` and `finish`.
 */
export class TarReader {
  readonly #handler: TarHandler;
  #state: State = "header";
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #chunkOffset = 0;
  readonly #block = Buffer.alloc(BLOCK_SIZE);
  #blockFill = 0;
  #zeroBlocks = 0;
  #paused = false;

  readonly #extended = new ExtendedHeaders();
  #header: TarHeader | undefined;
  #extents: SparseExtent[] = [];
  #realSize = 0;
  #sparseMap: SparseMapReader | undefined;
  #entry: TarEntry | undefined;
  #left = 0;
  #position = 0;
  #extent = 0;
  #extentLeft = 0;
  #padding = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Whether the handler said "not now": call `resume` before the next `write`. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Takes the next bytes of the archive. They may be reused after it returns, unless it paused. */
  write(chunk: Buffer): void {
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
    this.#run();
  }

  /** Goes on after a pause. */
  resume(): void {
    this.#paused = false;
    this.#run();
  }

  /** Says that the archive ends here. @throws {InvalidTarError} when an entry is not complete. */
  finish(): void {
    const isComplete = this.#state === "header" && this.#blockFill === 0 && !this.#extended.isPending;
    if (!isComplete && this.#state !== "end") {
      throw new InvalidTarError("it ends in the middle of an entry", this.#entry?.path ?? this.#header?.path);
    }
  }

  #run(): void {
    while (!this.#paused && (this.#at < this.#chunk.length || this.#state === "entry")) {
      switch (this.#state) {
        case "header":
          this.#readHeader();
          break;
        case "meta":
          this.#readMeta();
          break;
        case "old-sparse":
          this.#readOldSparse();
          break;
        case "sparse-map":
          this.#readSparseMap();
          break;
        case "entry":
          this.#offerEntry();
          break;
        case "content":
          this.#readContent();
          break;
        case "padding":
          this.#skipPadding();
          break;
        case "end":
          this.#at = this.#chunk.length;
      }
    }
  }

  /** The next whole block, without a copy where the chunk has all of it. */
  #nextBlock(): Buffer | undefined {
    const available = this.#chunk.length - this.#at;
    if (this.#blockFill === 0 && available >= BLOCK_SIZE) {
      this.#at += BLOCK_SIZE;
      return this.#chunk.subarray(this.#at - BLOCK_SIZE, this.#at);
    }
    const taken = Math.min(available, BLOCK_SIZE - this.#blockFill);
    this.#chunk.copy(this.#block, this.#blockFill, this.#at, this.#at + taken);
    this.#at += taken;
    this.#blockFill += taken;
    if (this.#blockFill < BLOCK_SIZE) return undefined;
    this.#blockFill = 0;
    return this.#block;
  }

  #readHeader(): void {
    const block = this.#nextBlock();
    if (block === undefined) return;
    if (block[0] === 0 && isZeroBlock(block)) {
      this.#zeroBlocks++;
      if (this.#zeroBlocks === 2) this.#state = "end";
      return;
    }
    if (this.#zeroBlocks > 0) throw new InvalidTarError("a lone block of zeros stands between entries");
    const header = parseHeader(block);
    if (header.size < 0) throw new InvalidTarError("its size is negative", header.path);
    if (ExtendedHeaders.has(header)) {
      this.#beginMeta(header);
      return;
    }
    this.#header = header;
    this.#extents = [];
    if (header.flag === "S") {
      this.#extents = readOldExtents(block, 386, 4);
      this.#realSize = readNumber(block, 483, 12, "real size");
      if (block[482] === 1) {
        this.#state = "old-sparse";
        return;
      }
    }
    this.#beginEntry();
  }

  #beginMeta(header: TarHeader): void {
    this.#padding = paddingOf(header.size);
    this.#state = "meta";
    if (this.#extended.begin(header)) this.#endMeta();
  }

  #readMeta(): void {
    const { taken, isComplete } = this.#extended.take(this.#chunk, this.#at);
    this.#at += taken;
    if (isComplete) this.#endMeta();
  }

  #endMeta(): void {
    this.#state = this.#padding > 0 ? "padding" : "header";
  }

  #readOldSparse(): void {
    const block = this.#nextBlock();
    if (block === undefined) return;
    for (const extent of readOldExtents(block, 0, 21)) this.#extents.push(extent);
    if (this.#extents.length > EXTENT_LIMIT) throw new InvalidTarError("its sparse map is too long");
    if (block[504] !== 1) this.#beginEntry();
  }

  #beginEntry(): void {
    const header = this.#header;
    if (header === undefined) throw new InvalidTarError("an entry has no header");
    const created = createEntry(header, {
      ...this.#extended.context,
      old: header.flag === "S" ? { realSize: this.#realSize, extents: this.#extents } : undefined,
    });
    this.#entry = created.entry;
    this.#left = created.storedSize;
    this.#padding = paddingOf(created.storedSize);
    this.#extended.clear();
    this.#sparseMap = created.mapInContent ? new SparseMapReader() : undefined;
    this.#state = created.mapInContent ? "sparse-map" : "entry";
  }

  #readSparseMap(): void {
    const block = this.#nextBlock();
    const map = this.#sparseMap;
    const entry = this.#entry;
    if (block === undefined || map === undefined || entry === undefined) return;
    this.#left -= BLOCK_SIZE;
    if (this.#left < 0) throw new InvalidTarError("its sparse map is longer than its content", entry.path);
    if (!map.add(block)) return;
    const sparse = map.extents();
    checkExtents(sparse, entry.size, this.#left);
    this.#entry = { ...entry, sparse };
    this.#state = "entry";
  }

  #offerEntry(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (!this.#handler.entry(entry, this.#chunkOffset + this.#at)) {
      this.#paused = true;
      return;
    }
    this.#extent = -1;
    this.#extentLeft = entry.sparse === undefined ? this.#left : 0;
    this.#position = 0;
    if (this.#left > 0) this.#state = "content";
    else this.#endContent();
  }

  #readContent(): void {
    if (this.#extentLeft === 0) {
      const next = this.#entry?.sparse?.[++this.#extent];
      if (next === undefined) throw new InvalidTarError("its sparse map is too short", this.#entry?.path);
      this.#extentLeft = next.size;
      this.#position = next.offset;
      return;
    }
    const size = Math.min(this.#chunk.length - this.#at, this.#extentLeft);
    if (this.#entry?.type === "file") {
      this.#handler.content(this.#chunk.subarray(this.#at, this.#at + size), this.#position);
    }
    this.#at += size;
    this.#position += size;
    this.#extentLeft -= size;
    this.#left -= size;
    if (this.#left === 0) this.#endContent();
  }

  #endContent(): void {
    this.#handler.end();
    this.#entry = undefined;
    this.#header = undefined;
    this.#state = this.#padding > 0 ? "padding" : "header";
  }

  #skipPadding(): void {
    const size = Math.min(this.#chunk.length - this.#at, this.#padding);
    this.#at += size;
    this.#padding -= size;
    if (this.#padding === 0) this.#state = "header";
  }
}
