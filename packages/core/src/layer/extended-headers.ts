import type { HeaderContext } from "./create-entry.ts";
import { InvalidTarError } from "./errors.ts";
import { decodePath } from "./path-bytes.ts";
import type { TarHeader } from "./tar-header.ts";
import { parsePaxRecords, type PaxRecords } from "./tar-pax.ts";

/** Long names and PAX headers may have so many bytes (Go's archive/tar has the same limit). */
const LIMIT = 1024 * 1024;

/** What a global header cannot mean: each entry has its own. */
const OWN_KEYS = /^(?:path|linkpath|size|GNU\.sparse\..*)$/;

/** What extended headers, pushed in piece by piece, say of the next entry of an archive, and of all that follow. */
export class ExtendedHeaders {
  #data: Buffer = Buffer.alloc(0);
  #fill = 0;
  #flag = "";
  #longName: string | undefined;
  #longLink: string | undefined;
  readonly #global: PaxRecords = new Map();
  #records: PaxRecords | undefined;

  /** Whether a header is one of those. */
  static has({ flag }: TarHeader): boolean {
    return "xXgLK".includes(flag);
  }

  /** Whether something stands before an entry that has not come. */
  get isPending(): boolean {
    return this.#records !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }

  get context(): Omit<HeaderContext, "old"> {
    return {
      global: this.#global,
      records: this.#records,
      longName: this.#longName,
      longLink: this.#longLink,
    };
  }

  /** @returns whether it has no content, and so is complete */
  begin({ flag, size, path }: TarHeader): boolean {
    if (size > LIMIT) throw new InvalidTarError(`an extended header has ${size} bytes`, path);
    this.#flag = flag;
    this.#data = Buffer.allocUnsafe(size);
    this.#fill = 0;
    if (size === 0) this.#end();
    return size === 0;
  }

  /** Takes what is its own of the bytes from `at` on. */
  take(chunk: Buffer, at: number): { readonly taken: number; readonly isComplete: boolean } {
    const taken = chunk.copy(this.#data, this.#fill, at);
    this.#fill += taken;
    const isComplete = this.#fill === this.#data.length;
    if (isComplete) this.#end();
    return { taken, isComplete };
  }

  /** The entry has come: what stood before it is not for the next. */
  clear(): void {
    this.#records = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
  }

  #end(): void {
    const data = this.#data;
    switch (this.#flag) {
      case "L":
        this.#longName = textOf(data);
        break;
      case "K":
        this.#longLink = textOf(data);
        break;
      case "g":
        this.#mergeGlobal(parsePaxRecords(data));
        break;
      default:
        if (this.#records !== undefined) throw new InvalidTarError("two PAX headers stand before one entry");
        this.#records = parsePaxRecords(data);
    }
    this.#data = Buffer.alloc(0);
  }

  #mergeGlobal(records: PaxRecords): void {
    for (const [key, value] of records) {
      if (OWN_KEYS.test(key)) throw new InvalidTarError(`a global PAX header sets ${key}`);
      if (value.length === 0) this.#global.delete(key);
      else this.#global.set(key, value);
    }
  }
}

/** GNU long names end with a NUL. */
function textOf(data: Buffer): string {
  const end = data.indexOf(0);
  return decodePath(end === -1 ? data : data.subarray(0, end));
}
