import { pushIndex, type Engine, type PushIndexOptions } from "@wherry/core/engine";
import { createManifest, MEDIA_TYPE, type Descriptor, type ImageIndex } from "@wherry/core/oci";
import type { StoredList } from "@wherry/core/store";

/** Writes a list somewhere, its images first; gives the descriptor of the index that is there then. */
export function pushList(
  engine: Engine,
  { index }: StoredList,
  destination: string,
  options: PushIndexOptions,
): Promise<Descriptor> {
  return pushIndex(engine, createManifest(indexIn(index, options.format)), destination, options);
}

/** The index in a format; docker's has no annotations. */
export function indexIn(index: ImageIndex, format: PushIndexOptions["format"] = "oci"): ImageIndex {
  if (format === "oci") return index;
  const manifests = index.manifests.map(({ annotations: _dropped, ...rest }) => rest);
  return { schemaVersion: 2, mediaType: MEDIA_TYPE.dockerIndex, manifests };
}
