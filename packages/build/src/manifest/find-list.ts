import { WherryError } from "@wherry/core/error";
import type { Digest, ImageIndex } from "@wherry/core/oci";
import type { Store, StoredList } from "@wherry/core/store";

/** There is no manifest list of that name. */
export class ListNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_LIST_NOT_FOUND";
  constructor(name: string) {
    super(`looking up manifest list: ${name}: image not known`, {
      hint: "make it with `wherry-build manifest create`",
    });
  }
}

/** A list has no image of that name or digest. */
export class NotInListError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_IN_LIST";
  constructor(list: string, image: string) {
    super(`${image} is not an image of the list ${list}`, {
      hint: "see them with `wherry-build manifest inspect`",
    });
  }
}

/** @throws {ListNotFoundError} */
export function getList(store: Store, name: string): StoredList {
  const list = store.lists.find(name);
  if (list === undefined) throw new ListNotFoundError(name);
  return list;
}

/** The digest of an image of a list, by digest or by a name in the store. @throws {NotInListError} */
export function digestIn(store: Store, { index, names, id }: StoredList, text: string): Digest {
  const named = store.images.find(text);
  const found = index.manifests.find(({ digest }) => digest === text || digest === named?.manifest.digest);
  if (found === undefined) throw new NotInListError(names[0] ?? id, text);
  return found.digest;
}

/** The index without the images of that digest. */
export function withoutDigest(index: ImageIndex, digest: Digest): ImageIndex {
  return { ...index, manifests: index.manifests.filter((entry) => entry.digest !== digest) };
}
