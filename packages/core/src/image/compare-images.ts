import { isDeepStrictEqual } from "node:util";
import { FileTree, type LayerEntry } from "../layer/index.ts";
import { Digester, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { readConfig } from "./inspect-image.ts";
import { layerMembers } from "./layer-members.ts";

/** One of the two images of a comparison, narrowed to a platform. */
export interface ComparedImage {
  readonly source: ImageSource;
  readonly manifest: Manifest & { readonly kind: "image" };
}

/** A value that differs; absent on a side that does not have it. */
export interface ValueChange {
  /** Where it is, such as `config.Env` or `layers[2].digest`. */
  readonly at: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A file that differs, and in what: `type`, `content`, `size`, `mode`, `owner`, `target`, `device`, `attributes`. */
export interface FileChange {
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  readonly what: readonly string[];
}

/** In what two images differ; the parts that were not asked for are absent. */
export interface ImageDifference {
  readonly manifest?: readonly ValueChange[];
  readonly config?: readonly ValueChange[];
  readonly files?: readonly FileChange[];
}

export type ComparedPart = keyof ImageDifference;

/** Compares two images part by part. For files only layers that one of them has alone are read with their content. */
export async function compareImages(
  before: ComparedImage,
  after: ComparedImage,
  parts: ReadonlySet<ComparedPart>,
): Promise<ImageDifference> {
  return {
    ...(parts.has("manifest") ? { manifest: compareValues(documentOf(before), documentOf(after)) } : {}),
    ...(parts.has("config") ? { config: compareValues(await configOf(before), await configOf(after)) } : {}),
    ...(parts.has("files") ? { files: await compareFiles(before, after) } : {}),
  };
}

function documentOf({ manifest }: ComparedImage): unknown {
  return JSON.parse(Buffer.from(manifest.bytes).toString());
}

async function configOf({ source, manifest }: ComparedImage): Promise<unknown> {
  return JSON.parse((await readConfig(source, manifest)).toString());
}

/** The smallest parts of two JSON values that differ, in the order of the first. */
export function compareValues(before: unknown, after: unknown, at = ""): ValueChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  const isArray = Array.isArray(before);
  if (!isObject(before) || !isObject(after) || isArray !== Array.isArray(after))
    return [{ at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const inner = isArray ? `${at}[${key}]` : at === "" ? key : `${at}.${key}`;
    return compareValues(before[key], after[key], inner);
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The files of an image, and what each file holds where somebody has looked. */
interface Files {
  readonly tree: FileTree;
  readonly layers: readonly Descriptor[];
  /** Layer and place in it → digest of the content. */
  readonly contents: ReadonlyMap<string, Digest>;
}

async function compareFiles(before: ComparedImage, after: ComparedImage): Promise<FileChange[]> {
  const [theirs, ours] = [before, after].map(({ manifest }) =>
    manifest.content.layers.map(({ digest }) => digest),
  );
  if (isDeepStrictEqual(theirs, ours)) return [];
  const known = new Map<Digest, Promise<LayerList>>();
  const first = await readFiles(before, known);
  const second = await readFiles(after, known);
  const changes: FileChange[] = [];
  for (const { path, entry, layer } of first.tree.walk()) {
    const other = second.tree.lookup(path, { followLinks: false });
    if (other?.path !== path) changes.push({ path: `/${path}`, kind: "removed", what: [] });
    else {
      const what = differences(
        entry,
        contentOf(first, layer, entry),
        other.entry,
        contentOf(second, other.layer, other.entry),
      );
      if (what.length > 0) changes.push({ path: `/${path}`, kind: "changed", what });
    }
  }
  for (const { path } of second.tree.walk()) {
    if (first.tree.lookup(path, { followLinks: false })?.path !== path)
      changes.push({ path: `/${path}`, kind: "added", what: [] });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface LayerList {
  readonly entries: readonly LayerEntry[];
  readonly contents: ReadonlyMap<number, Digest>;
}

/** Lists all layers of an image; one that both images have is read once. */
async function readFiles(
  { source, manifest }: ComparedImage,
  known: Map<Digest, Promise<LayerList>>,
): Promise<Files> {
  const { layers } = manifest.content;
  const contents = new Map<string, Digest>();
  const lists: (readonly LayerEntry[])[] = [];
  for (const layer of layers) {
    let list = known.get(layer.digest);
    if (list === undefined) {
      list = readLayer(source, layer);
      known.set(layer.digest, list);
    }
    const { entries, contents: found } = await list;
    lists.push(entries);
    for (const [offset, digest] of found) contents.set(`${layer.digest} ${offset}`, digest);
  }
  return { tree: FileTree.merge(lists), layers, contents };
}

async function readLayer(source: ImageSource, layer: Descriptor): Promise<LayerList> {
  const entries: LayerEntry[] = [];
  const contents = new Map<number, Digest>();
  for await (const { entry, content } of layerMembers(source, layer)) {
    entries.push(entry);
    if (entry.type !== "file" || entry.size === 0) continue;
    const digester = new Digester();
    for await (const piece of content) digester.update(piece);
    contents.set(entry.offset, digester.digest());
  }
  return { entries, contents };
}

function contentOf({ layers, contents }: Files, layer: number, { offset }: LayerEntry): Digest | undefined {
  return contents.get(`${layers[layer]?.digest ?? ""} ${offset}`);
}

function differences(
  a: LayerEntry,
  aContent: Digest | undefined,
  b: LayerEntry,
  bContent: Digest | undefined,
): string[] {
  if (a.type !== b.type) return ["type"];
  const isSame: Readonly<Record<string, boolean>> = {
    content: a.type !== "file" || (a.size === b.size && (a.size === 0 || aContent === bContent)),
    size: a.size === b.size,
    mode: a.mode === b.mode,
    owner: a.uid === b.uid && a.gid === b.gid,
    target: a.type !== "symlink" || a.linkName === b.linkName,
    device: isDeepStrictEqual(a.device, b.device),
    attributes: isDeepStrictEqual(a.xattrs ?? new Map(), b.xattrs ?? new Map()),
  };
  return Object.keys(isSame).filter((key) => isSame[key] !== true);
}
