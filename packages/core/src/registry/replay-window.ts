import { giveBack, share } from "../io/index.ts";

/** A piece of the content and where it begins. */
export interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Smaller pieces are copied together: each kept by itself would cost more than its bytes. */
const SMALL = 16 * 1024;
const COLLECTED = 64 * 1024;

interface Kept {
  readonly start: number;
  readonly memory: Buffer;
  used: number;
  /** Ours, with room for small pieces to come. */
  readonly isCollected: boolean;
}

/** The last bytes of a stream, as the pieces they came in: at least `size` of them, and always the last piece. */
export class ReplayWindow implements Disposable {
  readonly #size: number;
  readonly #kept: Kept[] = [];
  /** Offset of the first byte that was not read yet. */
  end = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Offset of the first byte kept. */
  get start(): number {
    return this.#kept[0]?.start ?? this.end;
  }

  keep(bytes: Buffer): void {
    if (bytes.length < SMALL) this.#collect(bytes);
    else this.#kept.push({ start: this.end, memory: share(bytes), used: bytes.length, isCollected: false });
    this.end += bytes.length;
    for (let first = this.#kept[0]; first !== undefined; first = this.#kept[0]) {
      if (first.start + first.used > this.end - this.#size) return;
      this.#kept.shift();
      giveBack(first.memory);
    }
  }

  /** The kept piece that an offset is in; undefined where it is not kept. */
  at(offset: number): Piece | undefined {
    const kept = this.#kept.findLast(({ start }) => start <= offset);
    if (kept === undefined || offset >= kept.start + kept.used) return undefined;
    const bytes = kept.isCollected ? kept.memory.subarray(0, kept.used) : share(kept.memory);
    return { start: kept.start, bytes };
  }

  /** Forgets all, to begin anew at the start of the content. */
  reset(): void {
    this[Symbol.dispose]();
    this.end = 0;
  }

  [Symbol.dispose](): void {
    for (const { memory } of this.#kept.splice(0)) giveBack(memory);
  }

  #collect(bytes: Buffer): void {
    let last = this.#kept.at(-1);
    if (last?.isCollected !== true || last.memory.length - last.used < bytes.length) {
      last = { start: this.end, memory: Buffer.allocUnsafeSlow(COLLECTED), used: 0, isCollected: true };
      this.#kept.push(last);
    }
    last.used += bytes.copy(last.memory, last.used);
  }
}
