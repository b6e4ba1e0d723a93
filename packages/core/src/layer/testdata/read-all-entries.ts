import { TarReader } from "../tar-reader.ts";
import type { TarEntry } from "../tar-entry.ts";

/** An entry and its whole content, holes filled in. */
export interface WholeEntry {
  readonly entry: TarEntry;
  readonly offset: number;
  readonly content: Buffer;
}

/** Reads an archive held in memory, given to the reader in pieces of that many bytes. */
export function readAllEntries(archive: Buffer, pieceSize = archive.length): WholeEntry[] {
  const found: WholeEntry[] = [];
  const reader = new TarReader({
    entry(entry, offset) {
      found.push({ entry, offset, content: Buffer.alloc(entry.size) });
      return true;
    },
    content(bytes, position) {
      found.at(-1)?.content.set(bytes, position);
    },
    end: () => undefined,
  });
  for (let at = 0; at < archive.length; at += pieceSize) reader.write(archive.subarray(at, at + pieceSize));
  reader.finish();
  return found;
}
