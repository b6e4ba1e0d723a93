import { closeSync, readSync, rmSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { openTemporaryFile } from "../io/index.ts";
import { TarWriter, type LayerEntry } from "../layer/index.ts";
import type { Descriptor } from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { layerMembers } from "./layer-members.ts";
import { UpperLayers } from "./upper-layers.ts";

const READ_SIZE = 256 * 1024;

/** Content of files that are hidden themselves, but of which a hard link in the same layer may still show. */
type Kept = Map<string, { readonly offset: number; readonly size: number }>;

/**
 * Writes the files of an image as one tar: its layers are read once each, from the top, and what a layer above hides is left
 * out. Only content that a hard link might still need is kept for a while, in a file without a name.
 *
 * @param layers those of the image, the lowest first
 */
export async function exportImage(
  source: ImageSource,
  layers: readonly Descriptor[],
  target: Writable | number,
  temporaryDirectory: string,
): Promise<void> {
  const tar = new TarWriter(target);
  const upper = new UpperLayers();
  using spool = new Spool(temporaryDirectory);
  for (const layer of layers.toReversed()) {
    await exportLayer(source, layer, tar, upper, spool);
    upper.nextLayer();
    spool.empty();
  }
  await tar.finish();
}

async function exportLayer(
  source: ImageSource,
  layer: Descriptor,
  tar: TarWriter,
  upper: UpperLayers,
  spool: Spool,
): Promise<void> {
  const kept: Kept = new Map();
  /** Name in this layer → the name under which the content was written. */
  const written = new Map<string, string>();
  for await (const { entry, content } of layerMembers(source, layer)) {
    const isHidden = upper.hides(entry);
    upper.note(entry);
    if (entry.kind !== "entry" || entry.path === "") continue;
    if (isHidden) {
      if (entry.type === "file") kept.set(entry.path, await spool.keep(content));
      else if (entry.type === "link") alias(entry.path, entry.linkName ?? "", kept, written);
      continue;
    }
    if (entry.type !== "link") {
      await tar.add(plain(entry), content);
      written.set(entry.path, entry.path);
      continue;
    }
    const target = entry.linkName ?? "";
    const linked = written.get(target);
    const hidden = kept.get(target);
    if (linked !== undefined) await tar.add({ ...plain(entry), linkName: linked });
    else if (hidden !== undefined) {
      await tar.add({ ...plain(entry), type: "file", size: hidden.size }, spool.read(hidden));
      kept.delete(target);
      written.set(target, entry.path);
    }
    written.set(entry.path, linked ?? entry.path);
  }
}

/** A hidden hard link may be what a later one names. */
function alias(path: string, target: string, kept: Kept, written: Map<string, string>): void {
  const [hidden, name] = [kept.get(target), written.get(target)];
  if (hidden !== undefined) kept.set(path, hidden);
  if (name !== undefined) written.set(path, name);
}

/** The entry as it is written: holes of sparse files become zeros. */
function plain({ kind: _kind, offset: _offset, sparse: _sparse, ...entry }: LayerEntry) {
  return entry;
}

/** A file without a name, made when first needed. */
class Spool implements Disposable {
  readonly #folder: string;
  #fd: number | undefined;
  #size = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async keep(content: AsyncIterable<Uint8Array>): Promise<{ offset: number; size: number }> {
    const offset = this.#size;
    for await (const piece of content) {
      this.#fd ??= this.#open();
      for (let at = 0; at < piece.length;)
        at += writeSync(this.#fd, piece, at, piece.length - at, this.#size + at);
      this.#size += piece.length;
    }
    return { offset, size: this.#size - offset };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the file is read at once, who writes is waited for
  async *read({ offset, size }: { offset: number; size: number }): AsyncGenerator<Buffer> {
    for (let at = 0; at < size;) {
      const piece = Buffer.allocUnsafe(Math.min(READ_SIZE, size - at));
      const length = readSync(this.#fd ?? -1, piece, 0, piece.length, offset + at);
      at += length;
      yield piece.subarray(0, length);
    }
  }

  empty(): void {
    this.#size = 0;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #open(): number {
    const { fd, path } = openTemporaryFile(this.#folder, "export-");
    rmSync(path);
    return fd;
  }
}
