import { closeSync, openSync, readFileSync } from "node:fs";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { makeDirectory, writeFileAtomically } from "@wherry/core/io";
import { decompress, FileTree, indexLayer, type LayerEntry } from "@wherry/core/layer";
import { compressionOf, encodedOf, type Descriptor } from "@wherry/core/oci";
import type { Store } from "@wherry/core/store";
import type { BuiltLayer } from "./image-draft.ts";
import { LayeredTree } from "./layered-tree.ts";
import { Spool } from "./spool.ts";
import { EMPTY_TREE, type Tree } from "./tree.ts";

/** Lists of layers of at least so many bytes are kept for later builds. */
const KEEP_FROM = 1024 * 1024;

/**
 * The files of images whose layers are blobs of a store. Nothing is unpacked: what is in a layer is listed once and the
 * list kept in the cache folder; content is read at its place in the blob, of a compressed one after it was decompressed once.
 */
export class LayerFiles implements Disposable {
  readonly #store: Store;
  readonly #cacheDir: string;
  readonly #trees = new Map<string, Promise<Tree>>();
  readonly #open = new Map<string, Promise<number>>();
  readonly #closers: (() => void)[] = [];

  constructor(store: Store, cacheDir: string) {
    this.#store = store;
    this.#cacheDir = join(cacheDir, "layer-lists");
  }

  tree(layers: readonly BuiltLayer[]): Promise<Tree> {
    if (layers.length === 0) return Promise.resolve(EMPTY_TREE);
    const key = layers.map(({ descriptor }) => descriptor.digest).join(" ");
    let tree = this.#trees.get(key);
    if (tree === undefined) this.#trees.set(key, (tree = this.#merge(layers)));
    return tree;
  }

  [Symbol.dispose](): void {
    for (const close of this.#closers.splice(0)) close();
  }

  async #merge(layers: readonly BuiltLayer[]): Promise<Tree> {
    const lists = await Promise.all(layers.map(({ descriptor }) => this.#list(descriptor)));
    return new LayeredTree(FileTree.merge(lists), (layer) => {
      const descriptor = layers[layer]?.descriptor;
      if (descriptor === undefined) throw new Error(`no layer ${layer}`);
      return this.#openOnce(descriptor);
    });
  }

  async #list(descriptor: Descriptor): Promise<LayerEntry[]> {
    const kept = join(this.#cacheDir, `${encodedOf(descriptor.digest)}.json`);
    const known = readKept(kept);
    if (known !== undefined) return known;
    const entries = await indexLayer(
      this.#store.blobs.path(descriptor.digest),
      compressionOf(descriptor.mediaType),
    );
    if (descriptor.size >= KEEP_FROM) {
      makeDirectory(this.#cacheDir);
      writeFileAtomically(kept, JSON.stringify(entries, writeBytes), { sync: false });
    }
    return entries;
  }

  #openOnce(descriptor: Descriptor): Promise<number> {
    let fd = this.#open.get(descriptor.digest);
    if (fd === undefined) this.#open.set(descriptor.digest, (fd = this.#openTar(descriptor)));
    return fd;
  }

  async #openTar({ digest, mediaType }: Descriptor): Promise<number> {
    const path = this.#store.blobs.path(digest);
    const compression = compressionOf(mediaType);
    if (compression === "none") {
      const fd = openSync(path, "r");
      this.#closers.push(() => closeSync(fd));
      return fd;
    }
    const spool = new Spool(this.#store.paths.staging);
    this.#closers.push(() => spool[Symbol.dispose]());
    await spool.writeAll(
      decompress(
        createReadStream(path, { highWaterMark: 1024 * 1024 }),
        compression,
      ) as AsyncIterable<Uint8Array>,
    );
    return spool.fd;
  }
}

function readKept(path: string): LayerEntry[] | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"), readBytes) as LayerEntry[];
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Extended attributes are the only bytes and the only maps in a list. */
function writeBytes(key: string, value: unknown): unknown {
  if (key !== "xattrs" || !(value instanceof Map)) return value;
  return [...(value as Map<string, Uint8Array>)].map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString("base64"),
  ]);
}

function readBytes(key: string, value: unknown): unknown {
  if (key !== "xattrs") return value;
  return new Map((value as [string, string][]).map(([name, text]) => [name, Buffer.from(text, "base64")]));
}
