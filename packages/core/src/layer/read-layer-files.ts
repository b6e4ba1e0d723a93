import { closeSync, openSync, readSync } from "node:fs";
import type { Compression } from "../oci/index.ts";
import { FileSystemError } from "../error/index.ts";
import { openBlob } from "./blob.ts";
import { DamagedCompressionError } from "./errors.ts";
import type { LayerEntry } from "./layer-index.ts";
import { storedSizeOf } from "./tar-entry.ts";

const READ_SIZE = 256 * 1024;

/** Uncompressed bytes of a blob from one place to another, to be read in ascending order. */
type ReadRange = (offset: number, size: number) => AsyncGenerator<Buffer>;

/**
 * Gives the content of chosen entries of a layer, each once, in the order of the archive: by jumping to each where the blob is not
 * compressed, else by one pass that ends after the last. What `onFile` does not read is passed over.
 *
 * @param wanted entries from `indexLayer` of this blob; all but files are empty.
 * @throws {DamagedCompressionError} when the blob ends before an entry does.
 */
export async function readLayerFiles(
  blob: string,
  compression: Compression,
  wanted: Iterable<LayerEntry>,
  onFile: (entry: LayerEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const sorted = [...wanted].sort((a, b) => a.offset - b.offset);
  const ranges = compression === "none" ? openPlain(blob) : openStream(blob, compression);
  try {
    let before: LayerEntry | undefined;
    for (const entry of sorted) {
      if (entry.offset === before?.offset && entry.path === before.path) continue;
      before = entry;
      await onFile(entry, expand(entry, ranges.read));
    }
  } finally {
    await ranges.close();
  }
}

interface Ranges {
  readonly read: ReadRange;
  readonly close: () => Promise<void>;
}

/** The content of an entry with the holes of a sparse file filled in. */
async function* expand(entry: LayerEntry, read: ReadRange): AsyncGenerator<Uint8Array> {
  if (entry.sparse === undefined) {
    yield* read(entry.offset, storedSizeOf(entry));
    return;
  }
  let position = 0;
  let offset = entry.offset;
  for (const extent of entry.sparse) {
    yield* zeros(extent.offset - position);
    yield* read(offset, extent.size);
    offset += extent.size;
    position = extent.offset + extent.size;
  }
  yield* zeros(entry.size - position);
}

function* zeros(count: number): Generator<Uint8Array> {
  const block = Buffer.alloc(Math.min(count, READ_SIZE));
  for (let left = count; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}

function openPlain(blob: string): Ranges {
  let fd: number;
  try {
    fd = openSync(blob, "r");
  } catch (error) {
    throw new FileSystemError("read", blob, error);
  }
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- files are read at once, streams are waited for
    async *read(offset, size) {
      for (let at = 0; at < size;) {
        const piece = Buffer.allocUnsafe(Math.min(READ_SIZE, size - at));
        const length = readSync(fd, piece, 0, piece.length, offset + at);
        if (length === 0) throw new DamagedCompressionError("layer", "unexpected end of file");
        at += length;
        yield piece.subarray(0, length);
      }
    },
    close() {
      closeSync(fd);
      return Promise.resolve();
    },
  };
}

function openStream(blob: string, compression: Compression): Ranges {
  const pieces = openBlob(blob, compression);
  let piece: Buffer = Buffer.alloc(0);
  let pieceOffset = 0;
  return {
    async *read(offset, size) {
      for (let at = offset; at < offset + size;) {
        while (pieceOffset + piece.length <= at) {
          const next = await pieces.next();
          if (next.done === true) throw new DamagedCompressionError(compression, "unexpected end of file");
          pieceOffset += piece.length;
          piece = next.value;
        }
        if (at < pieceOffset)
          throw new Error("the content of a compressed layer was asked for in wrong order");
        const part = piece.subarray(at - pieceOffset, offset + size - pieceOffset);
        at += part.length;
        yield part;
      }
    },
    async close() {
      await pieces.return(undefined);
    },
  };
}
