import { existsSync, mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { OwnerMaps } from "../layer/index.ts";
import {
  compressionOf,
  type Compression,
  type Descriptor,
  type Digest,
  type ImageConfig,
  type Manifest,
} from "../oci/index.ts";
import type { BlobStore } from "./blob-store.ts";
import type { StateDatabase } from "./database.ts";
import { BlobMissingError, DiffIdMismatchError } from "./errors.ts";
import { moveTree, publishTree, stageLayer } from "./layer-staging.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";
import { removeTree, type LayerWorker } from "./remove-tree.ts";
import { sweep } from "./sweep.ts";

/** What the worker tells of a layer it applied. */
export interface AppliedLayer {
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
  readonly entries: number;
}

/** A compressed form of a layer, as some registry has it. */
export interface CompressedLayer {
  readonly digest: Digest;
  readonly size: number;
}

export interface LayerStoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly blobs: BlobStore;
  readonly pins: Pins;
  readonly prepare: () => void;
}

/** Unpacked layers, one directory for each diffID, in overlay's format, shared by all images that have the layer. */
export class LayerStore {
  readonly #parts: LayerStoreParts;
  readonly #unpacking = new Map<Digest, Promise<Digest>>();

  constructor(parts: LayerStoreParts) {
    this.#parts = parts;
  }

  has(diffId: Digest): boolean {
    return existsSync(this.path(diffId));
  }

  /** The directory to give to overlay as a lower one. */
  path(diffId: Digest): string {
    return join(this.#parts.paths.layer(diffId), "fs");
  }

  /** The same for a container whose ids are mapped: a copy with other owners, which `ensureMapped` makes. */
  mappedPath(diffId: Digest, maps: OwnerMaps): string {
    return join(this.#mapped(diffId, maps), "fs");
  }

  /** How many of the layers have no copy with these owners yet. */
  countUnmapped(diffIds: readonly Digest[], maps: OwnerMaps): number {
    return diffIds.filter((diffId) => !existsSync(this.#mapped(diffId, maps))).length;
  }

  /**
   * Sees to it that all layers of an image are there with the owners that a container's maps give them. They are unpacked from
   * their blobs once for each mapping, and go with their layer.
   *
   * @throws {EntryOwnerError} when a file's owner is not in the maps
   */
  async ensureMapped(
    { content: { layers } }: Pick<Manifest & { kind: "image" }, "content">,
    { rootfs }: Pick<ImageConfig, "rootfs">,
    maps: OwnerMaps,
    worker: LayerWorker,
  ): Promise<void> {
    const missing = layers.flatMap((layer, index) => {
      const diffId = rootfs.diff_ids[index];
      return diffId === undefined || existsSync(this.#mapped(diffId, maps)) ? [] : [{ layer, diffId }];
    });
    const results = await Promise.allSettled(
      missing.map(({ layer, diffId }) => this.#unpackMapped(layer, diffId, maps, worker)),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Bytes of the layer's uncompressed tar; undefined when it was never unpacked here. */
  sizeOf(diffId: Digest): number | undefined {
    const row = this.#parts.database.get("SELECT size FROM layers WHERE diff_id = ?", diffId);
    return row === undefined ? undefined : Number(row["size"]);
  }

  /** The diffID of a layer blob that was unpacked or made here. */
  diffIdOf(blob: Digest): Digest | undefined {
    const row = this.#parts.database.get("SELECT diff_id FROM layer_blobs WHERE digest = ?", blob);
    return row === undefined ? undefined : (String(row["diff_id"]) as Digest);
  }

  /**
   * Unpacks a layer's blob in the worker, unless its layer is there already. It becomes visible when it is whole.
   *
   * @returns the layer's diffID, which the caller compares with the image's config
   */
  unpack(layer: Descriptor, worker: LayerWorker): Promise<Digest> {
    let unpacking = this.#unpacking.get(layer.digest);
    if (unpacking === undefined) {
      unpacking = this.#unpack(layer, worker).finally(() => this.#unpacking.delete(layer.digest));
      this.#unpacking.set(layer.digest, unpacking);
    }
    return unpacking;
  }

  /**
   * Sees to it that all layers of an image are unpacked, in parallel.
   *
   * @throws {DiffIdMismatchError} when a layer is not what the config says
   */
  async ensure(
    { descriptor, content: { layers } }: Pick<Manifest & { kind: "image" }, "descriptor" | "content">,
    { rootfs }: Pick<ImageConfig, "rootfs">,
    worker: LayerWorker,
  ): Promise<void> {
    if (rootfs.diff_ids.every((diffId) => this.has(diffId))) return;
    const { prepare, pins } = this.#parts;
    prepare();
    const pinned = [...rootfs.diff_ids, ...layers.map(({ digest }) => digest)].filter(
      (digest) => !pins.has(digest),
    );
    pins.add(rootfs.diff_ids);
    const missing = layers.flatMap((layer, index) => {
      const diffId = rootfs.diff_ids[index];
      return diffId === undefined || this.has(diffId) ? [] : [{ layer, diffId }];
    });
    const results = await Promise.allSettled(
      missing.map(async ({ layer, diffId }) => {
        const actual = await this.unpack(layer, worker);
        if (actual !== diffId) await this.#refuse(layer.digest, diffId, actual, worker);
      }),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
    if (this.#isImage(descriptor.digest)) pins.release(pinned);
  }

  /**
   * Makes an overlay's upper directory the layer of that diffID. The directory is moved away, or removed when the layer
   * is there already.
   *
   * @param size bytes of the layer's uncompressed tar
   */
  async adopt(
    diffId: Digest,
    directory: string,
    worker: LayerWorker,
    { size, entries }: Pick<AppliedLayer, "size" | "entries">,
  ): Promise<void> {
    const { paths, pins } = this.#parts;
    this.#parts.prepare();
    pins.add([diffId]);
    const staged = stageLayer(paths.staging);
    await moveTree(directory, join(staged, "fs"), worker);
    await this.#publish(staged, { diffId, size, entries }, worker);
    this.#remember({ digest: diffId, size }, { diffId, size, entries });
  }

  /** The compressed form that `writer` made of the layer earlier, to be named again without compressing again. */
  compressedForm(diffId: Digest, writer: string): CompressedLayer | undefined {
    const row = this.#parts.database.get(
      "SELECT digest, size FROM layer_blobs WHERE diff_id = ? AND writer = ?",
      diffId,
      writer,
    );
    return row === undefined
      ? undefined
      : { digest: String(row["digest"]) as Digest, size: Number(row["size"]) };
  }

  /** Remembers what `writer` makes of the layer when it compresses it. */
  rememberCompressedForm(diffId: Digest, writer: string, { digest, size }: CompressedLayer): void {
    this.#parts.prepare();
    this.#parts.database.write(() => {
      this.#parts.database.run("DELETE FROM layer_blobs WHERE diff_id = ? AND writer = ?", diffId, writer);
      this.#parts.database.run(
        "INSERT OR REPLACE INTO layer_blobs VALUES (?, ?, ?, ?)",
        digest,
        diffId,
        size,
        writer,
      );
    });
  }

  async #unpack(layer: Descriptor, worker: LayerWorker): Promise<Digest> {
    const { blobs, paths, pins } = this.#parts;
    this.#parts.prepare();
    const known = this.diffIdOf(layer.digest);
    if (known !== undefined) {
      pins.add([known]);
      if (this.has(known)) return known;
    }
    if (!blobs.hold(layer.digest)) throw new BlobMissingError(layer.digest, "the image");
    const staged = stageLayer(paths.staging);
    try {
      const applied = await worker.call<AppliedLayer>("applyLayer", {
        blob: blobs.path(layer.digest),
        compression: compressionOf(layer.mediaType) satisfies Compression,
        target: join(staged, "fs"),
      });
      pins.add([applied.diffId]);
      await this.#publish(staged, applied, worker);
      this.#remember(layer, applied);
      return applied.diffId;
    } catch (error) {
      await removeTree(staged, worker);
      throw error;
    }
  }

  #mapped(diffId: Digest, maps: OwnerMaps): string {
    const key = createHash("sha256").update(JSON.stringify(maps)).digest("hex").slice(0, 16);
    return join(this.#parts.paths.layer(diffId), "maps", key);
  }

  async #unpackMapped(
    layer: Descriptor,
    diffId: Digest,
    maps: OwnerMaps,
    worker: LayerWorker,
  ): Promise<void> {
    const { blobs, paths } = this.#parts;
    if (!blobs.hold(layer.digest)) throw new BlobMissingError(layer.digest, "the image");
    const staged = stageLayer(paths.staging);
    try {
      await worker.call<AppliedLayer>("applyLayer", {
        blob: blobs.path(layer.digest),
        compression: compressionOf(layer.mediaType) satisfies Compression,
        target: join(staged, "fs"),
        ids: maps,
      });
      const final = this.#mapped(diffId, maps);
      mkdirSync(dirname(final), { recursive: true });
      await publishTree(staged, final, worker);
    } catch (error) {
      await removeTree(staged, worker);
      throw error;
    }
  }

  /** What an image refers to needs no pin; only while it is being pulled its layers do. */
  #isImage(manifest: Digest): boolean {
    return this.#parts.database.get("SELECT 1 FROM images WHERE manifest = ?", manifest) !== undefined;
  }

  async #refuse(blob: Digest, expected: Digest, actual: Digest, worker: LayerWorker): Promise<never> {
    this.#parts.pins.release([actual]);
    await sweep(this.#parts, [actual], worker);
    throw new DiffIdMismatchError(blob, expected, actual);
  }

  #publish(staged: string, { diffId }: AppliedLayer, worker: LayerWorker): Promise<void> {
    return publishTree(staged, this.#parts.paths.layer(diffId), worker);
  }

  #remember(blob: Pick<Descriptor, "digest" | "size">, { diffId, size, entries }: AppliedLayer): void {
    const { database } = this.#parts;
    database.write(() => {
      database.run("INSERT OR REPLACE INTO layers VALUES (?, ?, ?)", diffId, size, entries);
      database.run(
        "INSERT OR IGNORE INTO layer_blobs VALUES (?, ?, ?, NULL)",
        blob.digest,
        diffId,
        blob.size,
      );
    });
  }
}
