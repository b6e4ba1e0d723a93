import type { TarEntry } from "./tar-entry.ts";
import { TarReader } from "./tar-reader.ts";

/** An entry of an archive that is being read, and its content. */
export interface TarMember {
  readonly entry: TarEntry;
  /** Where its stored content begins in the archive, in bytes. */
  readonly offset: number;
  /** With the holes of sparse files filled in. To be read, if at all, before the next entry is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

type TarEvent =
  | { readonly entry: TarEntry; readonly offset: number }
  | { readonly bytes: Buffer; readonly position: number }
  | undefined; // the end of an entry

const HOLE_PIECE = 256 * 1024;

/**
 * The entries of an uncompressed archive one after the other, for loops. Holds one piece of `archive` at a time.
 *
 * @throws {InvalidTarError}
 */
export async function* readTar(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const events = readEvents(archive);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done === true) return;
      if (next.value === undefined || !("entry" in next.value)) continue; // content nobody asked for
      const { entry, offset } = next.value;
      yield { entry, offset, content: readContent(entry, events) };
    }
  } finally {
    await events.return();
  }
}

async function* readContent(
  entry: TarEntry,
  events: AsyncGenerator<TarEvent, void>,
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (;;) {
    const next = await events.next();
    if (next.done === true || next.value === undefined || "entry" in next.value) break;
    const { bytes, position: start } = next.value;
    yield* holes(start - position);
    yield bytes;
    position = start + bytes.length;
  }
  yield* holes(entry.size - position);
}

function* holes(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= HOLE_PIECE) yield Buffer.alloc(Math.min(left, HOLE_PIECE));
}

async function* readEvents(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEvent, void> {
  let found: TarEvent[] = [];
  const reader = new TarReader({
    entry(entry, offset) {
      found.push({ entry, offset });
      return true;
    },
    content: (bytes, position) => found.push({ bytes, position }),
    end: () => found.push(undefined),
  });
  for await (const piece of archive) {
    reader.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    yield* found;
    found = [];
  }
  reader.finish();
}
