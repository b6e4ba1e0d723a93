import type { Descriptor } from "../oci/index.ts";
import { FileTree, type LayerEntry } from "../layer/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { NoSuchFileInImageError, NotAFileError } from "./errors.ts";
import { layerMembers, listLayer } from "./layer-members.ts";

/** A file in a layer. */
interface Found {
  readonly layer: Descriptor;
  readonly entry: LayerEntry;
}

/**
 * The content of one file of an image, streamed out of its layer. Layers are read from the top only as far down as needed;
 * links are followed inside the image.
 *
 * @param layers those of the image, the lowest first
 * @throws {NoSuchFileInImageError | NotAFileError}
 */
export async function* readImageFile(
  source: ImageSource,
  layers: readonly Descriptor[],
  path: string,
): AsyncGenerator<Uint8Array> {
  const { layer, entry } = await find(source, layers, path);
  for await (const member of layerMembers(source, layer)) {
    if (member.entry.offset !== entry.offset || member.entry.path !== entry.path) continue;
    yield* member.content;
    return;
  }
}

async function find(source: ImageSource, layers: readonly Descriptor[], path: string): Promise<Found> {
  const lists: (readonly LayerEntry[])[] = [];
  const plain = plainPath(path);
  for (const [below, layer] of [...layers.entries()].reverse()) {
    const entries = await listLayer(source, layer);
    lists.unshift(entries);
    if (!entries.some((entry) => entry.kind === "entry" && entry.path === plain)) continue;
    // a file that a layer has under this very path is the image's, unless a layer above says otherwise
    const node = FileTree.merge(lists).lookup(plain ?? "", { followLinks: false });
    const found = layers[below + (node?.layer ?? 0)];
    if (found !== undefined && node?.entry.type === "file") return { layer: found, entry: node.entry };
  }
  const node = FileTree.merge(lists).lookup(path);
  const layer = layers[node?.layer ?? 0];
  if (node === undefined || layer === undefined) throw new NoSuchFileInImageError(path);
  if (node.entry.type !== "file") throw new NotAFileError(path, node.entry.type);
  return { layer, entry: node.entry };
}

/** The path as layers write it; undefined when it needs more than reading off. */
function plainPath(path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") || parts.length === 0 ? undefined : parts.join("/");
}
