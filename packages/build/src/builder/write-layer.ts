import { TarWriter } from "@wherry/core/layer";
import type { Store } from "@wherry/core/store";
import { plainLayer, type BuiltLayer } from "./image-draft.ts";
import type { LayerDraft } from "./layer-draft.ts";

/** Writes a layer as a blob of the store, uncompressed: it is compressed when it is pushed. Undefined for one without entries. */
export async function writeLayer(
  draft: LayerDraft,
  store: Store,
  changeTime?: (mtime: number) => number,
): Promise<BuiltLayer | undefined> {
  if (draft.isEmpty) return undefined;
  using staged = store.blobs.stage();
  const writer = new TarWriter(staged.fd);
  await draft.write(writer, changeTime);
  const { diffId, size } = await writer.finish();
  await staged.publish(diffId);
  return plainLayer(diffId, size);
}
