import { errnoOf, FileSystemError } from "@wherry/core/error";
import { TarWriter } from "@wherry/core/layer";
import type { Store } from "@wherry/core/store";
import { plainLayer, type BuiltLayer } from "./image-draft.ts";
import type { LayerDraft } from "./layer-draft.ts";

/** What a file system says when no more can be written. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Writes a layer as a blob of the store, uncompressed: it is compressed when it is pushed. Undefined for one without entries. */
export async function writeLayer(
  draft: LayerDraft,
  store: Store,
  changeTime?: (mtime: number) => number,
): Promise<BuiltLayer | undefined> {
  if (draft.isEmpty) return undefined;
  return await writeTar(store, (writer) => draft.write(writer, changeTime));
}

/** Writes a layer whose entries are given one by one. @throws {FileSystemError} such as when the disk is full */
export async function writeTar(
  store: Store,
  fill: (writer: TarWriter) => Promise<void>,
): Promise<BuiltLayer> {
  using staged = store.blobs.stage();
  try {
    const writer = new TarWriter(staged.fd);
    await fill(writer);
    const { diffId, size } = await writer.finish();
    await staged.publish(diffId);
    return plainLayer(diffId, size);
  } catch (error) {
    throw FULL.has(errnoOf(error) ?? "")
      ? new FileSystemError("write a layer to", staged.path, error)
      : error;
  }
}
