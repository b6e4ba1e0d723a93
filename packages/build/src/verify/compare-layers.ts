import { closeSync, openSync } from "node:fs";
import { FileTree, indexLayer, type LayerEntry } from "@wherry/core/layer";
import { compressionOf, type Digest } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import { contentDigest } from "../builder/describe-sources.ts";
import { plainLayer } from "../builder/image-draft.ts";
import { LayeredTree } from "../builder/layered-tree.ts";

/** A file that is not the same in two layers, and in what: "content", "mode", "time" …; "only once" when one lacks it. */
export interface FileDifference {
  readonly path: string;
  readonly what: readonly string[];
}

/** What differs between two layers of the store, which are plain tars, by path. */
export async function compareLayers(
  store: Store,
  before: Digest | undefined,
  after: Digest | undefined,
): Promise<FileDifference[]> {
  using first = await openLayer(store, before);
  using second = await openLayer(store, after);
  const found: FileDifference[] = [];
  for (const path of [...new Set([...first.entries.keys(), ...second.entries.keys()])].sort()) {
    const [one, other] = [first.entries.get(path), second.entries.get(path)];
    const what =
      one === undefined || other === undefined
        ? ["only once"]
        : [
            ...fieldsThatDiffer(one, other),
            ...((await haveEqualContent(first, second, path)) ? [] : ["content"]),
          ];
    if (what.length > 0) found.push({ path: `/${path}`, what });
  }
  return found;
}

interface OpenedLayer extends Disposable {
  readonly entries: ReadonlyMap<string, LayerEntry>;
  readonly tree: LayeredTree;
}

async function openLayer(store: Store, diffId: Digest | undefined): Promise<OpenedLayer> {
  if (diffId === undefined)
    return {
      entries: new Map(),
      tree: new LayeredTree(FileTree.merge([]), () => Promise.reject(new Error("no layer"))),
      [Symbol.dispose]: () => undefined,
    };
  const path = store.blobs.path(diffId);
  const list = await indexLayer(path, compressionOf(plainLayer(diffId, 0).descriptor.mediaType));
  const fd = openSync(path, "r");
  return {
    entries: new Map(list.map((entry) => [entry.path, entry])),
    tree: new LayeredTree(FileTree.merge([list]), () => Promise.resolve(fd)),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function fieldsThatDiffer(one: LayerEntry, other: LayerEntry): string[] {
  const fields: readonly (readonly [what: string, of: (entry: LayerEntry) => unknown])[] = [
    ["type", ({ type, kind }) => `${type} ${kind}`],
    ["mode", ({ mode }) => mode],
    ["owner", ({ uid, gid }) => `${uid}:${gid}`],
    ["time", ({ mtime, nanoseconds = 0 }) => `${Math.floor(mtime)} ${nanoseconds}`],
    ["target", ({ linkName = "" }) => linkName],
    [
      "attributes",
      ({ xattrs }) => JSON.stringify([...(xattrs ?? [])].map(([name, value]) => [name, [...value]])),
    ],
  ];
  return fields.flatMap(([what, of]) => (of(one) === of(other) ? [] : [what]));
}

async function haveEqualContent(first: OpenedLayer, second: OpenedLayer, path: string): Promise<boolean> {
  const [one, other] = [first.entries.get(path), second.entries.get(path)];
  if (one?.type !== "file" || other?.type !== "file" || one.kind !== "entry" || other.kind !== "entry")
    return true;
  if (one.size !== other.size) return false;
  if (one.size === 0) return true;
  return (await contentDigest(first.tree.content(path))) === (await contentDigest(second.tree.content(path)));
}
