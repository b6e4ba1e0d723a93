import { MEDIA_TYPE, type Descriptor, type Digest, type ImageIndex, type Platform } from "@wherry/core/oci";
import type { Store, StoredImage, StoredList } from "@wherry/core/store";
import { localName } from "../image-name.ts";

/** An index without images. */
export const EMPTY_INDEX: ImageIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };

/** Puts a stored image into a list, which is made where there is none. An equal image for an equal platform is replaced. */
export function addToList(
  store: Store,
  name: string,
  image: StoredImage,
  platform: Platform = image.platform,
): StoredList {
  const list = store.lists.find(name) ?? store.lists.create(localName(name), EMPTY_INDEX);
  return saveList(store, list, withEntry(list.index, { ...image.manifest, platform }), refsOf(store, image));
}

/** The index with one more image; one of the same digest and platform is replaced. */
export function withEntry(index: ImageIndex, entry: Descriptor): ImageIndex {
  const others = index.manifests.filter(
    (other) => other.digest !== entry.digest || !samePlatform(other.platform, entry.platform),
  );
  return { ...index, manifests: [...others, entry] };
}

/** The index with annotations of its own besides those it has. */
export function withAnnotations(
  index: ImageIndex,
  annotations: Readonly<Record<string, string>>,
): ImageIndex {
  return { ...index, annotations: { ...index.annotations, ...annotations } };
}

/** Writes a list down, with what it needs of the store besides what it needed before. */
export function saveList(
  store: Store,
  list: StoredList,
  index: ImageIndex,
  more: readonly Digest[] = [],
): StoredList {
  store.lists.update(list.id, index, [...new Set([...store.lists.refs(list.id), ...more])]);
  return { ...list, index };
}

/** All of the store that an image is made of. */
export function refsOf(store: Store, image: StoredImage): Digest[] {
  const { content } = store.images.readManifest(image);
  return [
    image.manifest.digest,
    content.config.digest,
    ...content.layers.map(({ digest }) => digest),
    ...image.diffIds,
  ];
}

function samePlatform(left: Platform | undefined, right: Platform | undefined): boolean {
  return JSON.stringify(canonical(left)) === JSON.stringify(canonical(right));
}

function canonical(platform: Platform | undefined): readonly unknown[] {
  return [platform?.os, platform?.architecture, platform?.variant ?? ""];
}
