import { closeSync } from "node:fs";
import { indexLayer, OPAQUE_WHITEOUT, WHITEOUT_PREFIX } from "@wherry/core/layer";
import { compressionOf } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import type { BuiltLayer } from "../builder/image-draft.ts";
import { writeTar } from "../builder/write-layer.ts";
import type { LayerFiles } from "../builder/layer-files.ts";
import { parentOf } from "../builder/layer-draft.ts";
import { join } from "../builder/copy-source.ts";
import { EMPTY_TREE, type Tree, type TreeNode } from "../builder/tree.ts";

export interface MergeOptions {
  /** What lies below the layers: what they remove of it is written down; default nothing. */
  readonly base?: Tree;
  /** Changes the times of files. */
  readonly changeTime?: ((mtime: number) => number) | undefined;
}

/** What a layer has at one path. */
interface MergedEntry {
  readonly path: string;
  readonly node: TreeNode;
  readonly isMarker: boolean;
}

/**
 * Writes several layers as one that has the same effect: later files in place of earlier ones, hard links kept, and what is
 * removed only where the base has it. The same layers give the same bytes.
 */
export async function mergeLayers(
  store: Store,
  files: LayerFiles,
  layers: readonly BuiltLayer[],
  { base = EMPTY_TREE, changeTime = (mtime) => mtime }: MergeOptions = {},
): Promise<BuiltLayer | undefined> {
  const tree = await files.tree(layers);
  const entries = [...entriesOf(tree, ""), ...(await markersOf(store, layers, tree, base))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
  if (entries.length === 0) return undefined;
  return await writeTar(store, async (writer) => {
    const firstNames = new Map<string, string>();
    for (const { path, node, isMarker } of entries) {
      const { identity, ...fields } = node;
      const entry = { ...fields, path, mtime: changeTime(node.mtime) };
      const first = identity === undefined ? undefined : firstNames.get(identity);
      if (first !== undefined) {
        await writer.add({ ...entry, type: "link", size: 0, linkName: first });
        continue;
      }
      if (identity !== undefined) firstNames.set(identity, path);
      const content = node.type === "file" && !isMarker && node.size > 0 ? tree.content(path) : undefined;
      try {
        await writer.add(entry, content);
      } finally {
        if (typeof content === "number") closeSync(content);
      }
    }
  });
}

function* entriesOf(tree: Tree, directory: string): Generator<MergedEntry> {
  for (const name of tree.names(directory)) {
    const path = join(directory, name);
    const node = tree.node(path);
    if (node === undefined) continue;
    yield { path, node, isMarker: false };
    if (node.type === "directory") yield* entriesOf(tree, path);
  }
}

/** What the layers take away of the base: a path that is gone, or all that was in a directory that is new. */
async function markersOf(
  store: Store,
  layers: readonly BuiltLayer[],
  tree: Tree,
  base: Tree,
): Promise<MergedEntry[]> {
  if (base === EMPTY_TREE) return [];
  const markers = new Set<string>();
  for (const { descriptor } of layers) {
    for (const { path, kind } of await indexLayer(
      store.blobs.path(descriptor.digest),
      compressionOf(descriptor.mediaType),
    )) {
      if (kind === "entry" || base.node(path) === undefined) continue;
      const now = tree.node(path);
      if (now?.type === "directory") markers.add(join(path, OPAQUE_WHITEOUT));
      else if (now === undefined && kind === "whiteout")
        markers.add(join(parentOf(path), WHITEOUT_PREFIX + path.slice(path.lastIndexOf("/") + 1)));
    }
  }
  return [...markers]
    .filter((path) => parentOf(path) === "" || tree.node(parentOf(path))?.type === "directory")
    .map((path) => ({ path, node: MARKER, isMarker: true }));
}

const MARKER: TreeNode = { type: "file", mode: 0o600, uid: 0, gid: 0, size: 0, mtime: 0 };
