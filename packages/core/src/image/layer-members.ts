import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Descriptor } from "../oci/index.ts";
import { decompress, detectCompression, layerEntryOf, readTar, type LayerEntry } from "../layer/index.ts";
import type { ImageSource } from "../transport/index.ts";

/** One entry of a layer, and its content, to be read before the next entry is asked for. */
export interface LayerMember {
  readonly entry: LayerEntry;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The entries of a layer while its blob arrives; nothing is kept. Ending the loop early ends the transfer.
 *
 * @throws {HostileEntryError | InvalidTarError | DamagedCompressionError}
 */
export async function* layerMembers(source: ImageSource, layer: Descriptor): AsyncGenerator<LayerMember> {
  const blob = await source.readBlob(layer);
  try {
    for await (const { entry, offset, content } of readTar(await uncompressed(blob))) {
      const found = layerEntryOf(entry, offset);
      if (found !== undefined) yield { entry: found, content };
    }
  } finally {
    blob.destroy();
  }
}

/** All entries of a layer, without their content. */
export async function listLayer(source: ImageSource, layer: Descriptor): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for await (const { entry } of layerMembers(source, layer)) entries.push(entry);
  return entries;
}

/** The blob's archive: its first bytes tell how it is compressed, since media types are not always right. */
export async function uncompressed(blob: Readable): Promise<Readable> {
  if (blob.readableLength === 0 && !blob.readableEnded) await once(blob, "readable"); // which comes at the end too
  const head = blob.read() as Buffer | null;
  if (head === null) return blob;
  blob.unshift(head);
  return decompress(blob, detectCompression(head.subarray(0, 6)));
}
