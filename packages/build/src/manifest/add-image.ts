import { findStored, type Engine, type PullOptions } from "@wherry/core/engine";
import type { Descriptor, Platform } from "@wherry/core/oci";
import type { StoredImage, StoredList } from "@wherry/core/store";
import { obtainImage } from "../pull-flags.ts";
import { refsOf, saveList, withEntry } from "./add-to-list.ts";

/** What is said of an image in a list, over what it says itself. */
export interface EntryChanges {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly arch?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly os?: string | undefined;
  readonly osFeatures?: readonly string[] | undefined;
  readonly osVersion?: string | undefined;
  readonly variant?: string | undefined;
}

/** Puts an image into a list; one that is not here is pulled. Gives the list and the image. */
export async function addImage(
  engine: Engine,
  list: StoredList,
  name: string,
  changes: EntryChanges,
  options: PullOptions,
): Promise<{ list: StoredList; image: StoredImage }> {
  const stored =
    options.platform === undefined
      ? await findStored(engine, name.replace(/^containers-storage:/, ""))
      : undefined;
  const image = stored ?? (await obtainImage(engine, name, "missing", options)).image;
  const entry = changedEntry({ ...image.manifest, platform: image.platform }, changes);
  return {
    list: saveList(engine.store, list, withEntry(list.index, entry), refsOf(engine.store, image)),
    image,
  };
}

/** An entry with what was said of it. */
export function changedEntry(entry: Descriptor, changes: EntryChanges): Descriptor {
  const { annotations = {}, arch, features, os, osVersion, osFeatures, variant } = changes;
  const all = { ...entry.annotations, ...annotations };
  const platform: Platform & { readonly features?: readonly string[] } = {
    ...(entry.platform ?? { os: "linux", architecture: "" }),
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(os === undefined ? {} : { os }),
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    ...(osFeatures === undefined ? {} : { "os.features": osFeatures }),
    ...(features === undefined ? {} : { features }),
  };
  return { ...entry, platform, ...(Object.keys(all).length === 0 ? {} : { annotations: all }) };
}
