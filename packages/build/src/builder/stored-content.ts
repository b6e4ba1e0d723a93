import type { TarEntry } from "@wherry/core/layer";
import { readRange } from "./spool.ts";

/** The content of an entry of an uncompressed archive, the holes of a sparse file filled in. */
export async function* storedContent(
  file: number | Promise<number>,
  entry: Pick<TarEntry, "size" | "sparse">,
  offset: number,
): AsyncGenerator<Uint8Array> {
  const fd = await file;
  let position = 0;
  let stored = offset;
  for (const extent of entry.sparse ?? [{ offset: 0, size: entry.size }]) {
    yield* zeros(extent.offset - position);
    yield* readRange(fd, stored, extent.size);
    stored += extent.size;
    position = extent.offset + extent.size;
  }
  yield* zeros(entry.size - position);
}

function* zeros(count: number): Generator<Uint8Array> {
  const block = Buffer.alloc(Math.min(count, 256 * 1024));
  for (let left = count; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}
