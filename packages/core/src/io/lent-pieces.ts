/** Bytes of one buffer. */
const SIZE = 256 * 1024;
/** Less room than this is not read into: a read of few bytes costs as much as one of many. */
const LEAST_ROOM = 64 * 1024;
/** Empty buffers kept for the next reads. */
const MOST_KEPT = 32;

interface Lender {
  readonly bytes: Buffer;
  used: number;
  /** Pieces that are with readers. */
  lent: number;
  /** Nothing more is read into it. */
  isFull: boolean;
}

const kept: Lender[] = [];
const lenders = new WeakMap<Uint8Array, Lender>();

/**
 * Memory to read into, used again once its readers have given back all they were lent: memory that is new to a process costs a
 * page fault for each 4 KiB, which is more than all else that is done to a byte. What a reader does not give back is the
 * collector's.
 */
export class LentPieces implements Disposable {
  #current = kept.pop() ?? create();

  /** Where the next bytes go. */
  room(): Buffer {
    if (SIZE - this.#current.used < LEAST_ROOM) {
      this[Symbol.dispose]();
      this.#current = kept.pop() ?? create();
    }
    return this.#current.bytes.subarray(this.#current.used);
  }

  /** The bytes just read to the start of the room. They stay as they are only until the next read, but for parts of them that are lent. */
  read(count: number): Buffer {
    const current = this.#current;
    current.used += count;
    return current.bytes.subarray(current.used - count, current.used);
  }

  /** Leaves a part of the bytes just read to a reader until `giveBack`. What was not read here stays whose it is. */
  lend(part: Buffer): Buffer {
    if (part.buffer !== this.#current.bytes.buffer) return part;
    lenders.set(part, this.#current);
    this.#current.lent += 1;
    return part;
  }

  [Symbol.dispose](): void {
    this.#current.isFull = true;
    keepIfFree(this.#current);
  }
}

/** A share of a lent piece for one more reader: the same bytes, to be given back by itself. What was not lent is given as it is. */
export function share(piece: Buffer): Buffer {
  const lender = lenders.get(piece);
  if (lender === undefined) return piece;
  const shared = piece.subarray();
  lenders.set(shared, lender);
  lender.lent += 1;
  return shared;
}

/** Ends the use of a piece by its last reader: the bytes may become others at once. Pieces that nobody lent are left alone. */
export function giveBack(piece: Uint8Array): void {
  const lender = lenders.get(piece);
  if (lender === undefined) return;
  lenders.delete(piece);
  lender.lent -= 1;
  keepIfFree(lender);
}

function create(): Lender {
  return { bytes: Buffer.allocUnsafeSlow(SIZE), used: 0, lent: 0, isFull: false };
}

function keepIfFree(lender: Lender): void {
  if (!lender.isFull || lender.lent > 0 || kept.length >= MOST_KEPT) return;
  kept.push({ bytes: lender.bytes, used: 0, lent: 0, isFull: false });
  lender.isFull = false; // another time it is another lender's
}
