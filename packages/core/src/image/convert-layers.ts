import { closeSync, createReadStream, rmSync } from "node:fs";
import type { Readable } from "node:stream";
import { FileSystemError } from "../error/index.ts";
import { openTemporaryFile, writeFully } from "../io/index.ts";
import {
  compressionOf,
  createManifest,
  Digester,
  isForeignLayer,
  MEDIA_TYPE,
  type Compression,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../oci/index.ts";
import type { CompressedLayer } from "../store/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { ConversionError } from "./errors.ts";
import { rewriting, type ImageManifestOf } from "./rewriting-source.ts";

/** Remembers what compressing a layer gives; the store's `layers` is one. */
export interface CompressedForms {
  compressedForm(diffId: Digest, writer: string): CompressedLayer | undefined;
  rememberCompressedForm(diffId: Digest, writer: string, form: CompressedLayer): void;
}

export interface ConvertLayersOptions {
  /** Compressions that are fine as they are; the first of them is made of others. */
  readonly accepted: readonly Compression[];
  /** How hard to compress: 1 to 9 for gzip, to 22 for zstd. */
  readonly level?: number;
  /** Folder for converted layers, until the source is closed. */
  readonly temporaryDirectory: string;
  /** So that a layer which is compressed again and again is only named, not compressed. */
  readonly forms?: CompressedForms;
}

/** Names the bytes that gzipping gives: another zlib may give others. */
export const GZIP_WRITER = `gzip-6 zlib-${process.versions.zlib}`;

/** Annotations that tell where in the compressed bytes something is: of zstd:chunked and eStargz. */
const ABOUT_BYTES =
  /^(?:io\.github\.containers\.zstd-chunked\.|containerd\.io\/snapshot\/stargz\/|io\.containers\.estargz\.)/;

/** The form of a layer in the converted image. */
interface ConvertedLayer extends CompressedLayer {
  readonly original: Descriptor;
  /** The file that has it; undefined when it is only remembered, and made when asked for. */
  path: string | undefined;
}

/**
 * The same image with layers compressed otherwise, where `accepted` asks for it. Digests and sizes have to be in the manifest
 * before any blob is read, so converted layers are files, and only those whose form is remembered are made on demand.
 */
export function convertLayers(source: ImageSource, options: ConvertLayersOptions): ImageSource {
  const converted = new Map<Digest, ConvertedLayer>();
  return rewriting(source, {
    async image(manifest: ImageManifestOf, from: ImageSource): Promise<Manifest> {
      const layers: Descriptor[] = [];
      for (const layer of manifest.content.layers)
        layers.push(await convert(layer, from, options, converted));
      const isSame = layers.every((layer, index) => layer === manifest.content.layers[index]);
      if (isSame) return manifest;
      const isDocker = manifest.descriptor.mediaType === MEDIA_TYPE.dockerManifest;
      if (isDocker && layers.some(({ mediaType }) => compressionOf(mediaType) === "zstd"))
        throw new ConversionError("the layers", "docker's manifests cannot name layers with zstd");
      return createManifest({ ...manifest.content, layers });
    },
    blob(blob, from) {
      const layer = converted.get(blob.digest);
      if (layer === undefined) return undefined;
      if (layer.path === undefined) return compressed(from, layer.original, options.level);
      return Promise.resolve(createReadStream(layer.path, { highWaterMark: 256 * 1024 }));
    },
    [Symbol.asyncDispose]() {
      for (const { path } of converted.values()) if (path !== undefined) rmSync(path, { force: true });
      return Promise.resolve();
    },
  });
}

async function convert(
  layer: Descriptor,
  source: ImageSource,
  options: ConvertLayersOptions,
  converted: Map<Digest, ConvertedLayer>,
): Promise<Descriptor> {
  const { accepted, level } = options;
  const now = compressionOf(layer.mediaType);
  if (accepted.includes(now) || !isTar(layer.mediaType) || isForeignLayer(layer.mediaType)) return layer;
  const [target = "none"] = accepted;
  const forms = target === "gzip" && now === "none" && level === undefined ? options.forms : undefined;
  const remembered = forms?.compressedForm(layer.digest, GZIP_WRITER);
  const made: ConvertedLayer =
    remembered === undefined
      ? { ...(await writeConverted(layer, source, target, options)), original: layer }
      : { ...remembered, original: layer, path: undefined };
  converted.set(made.digest, made);
  if (remembered === undefined)
    forms?.rememberCompressedForm(layer.digest, GZIP_WRITER, { digest: made.digest, size: made.size });
  const { annotations, ...rest } = layer;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !ABOUT_BYTES.test(key));
  return {
    ...rest,
    mediaType: mediaTypeFor(layer.mediaType, target),
    digest: made.digest,
    size: made.size,
    ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
  };
}

async function writeConverted(
  layer: Descriptor,
  source: ImageSource,
  target: Compression,
  { temporaryDirectory, level }: ConvertLayersOptions,
): Promise<{ digest: Digest; size: number; path: string }> {
  const content = await inForm(target, source, layer, level);
  const { fd, path } = openTemporaryFile(temporaryDirectory, "layer-");
  const digester = new Digester();
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      digester.update(chunk);
      writeAll(fd, chunk, path);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return { digest: digester.digest(), size: digester.size, path };
}

/** One compression to the other goes through the plain tar. */
async function inForm(
  target: Compression,
  source: ImageSource,
  layer: Descriptor,
  level: number | undefined,
): Promise<Readable> {
  if (target === "gzip") return compressed(source, layer, level);
  const plain = await decompressed(source, layer);
  if (target === "none") return plain;
  const { zstdCompressed } = await import("../layer/index.ts");
  return zstdCompressed(plain, level);
}

async function compressed(source: ImageSource, layer: Descriptor, level?: number): Promise<Readable> {
  const { gzipParallel } = await import("../layer/index.ts");
  return gzipParallel(await decompressed(source, layer), level);
}

async function decompressed(source: ImageSource, layer: Descriptor): Promise<Readable> {
  const { decompress } = await import("../layer/index.ts");
  const content = await source.readBlob(layer);
  const compression = compressionOf(layer.mediaType);
  return compression === "none" ? content : decompress(content, compression);
}

function isTar(mediaType: string): boolean {
  return /\.tar(?:[.+](?:gzip|zstd))?$/.test(mediaType);
}

function mediaTypeFor(mediaType: string, compression: Compression): string {
  const plain = mediaType.replace(/[.+](?:gzip|zstd)$/, "");
  if (compression === "none") return plain;
  return `${plain}${plain.includes("vnd.docker.") ? "." : "+"}${compression}`;
}

function writeAll(fd: number, chunk: Uint8Array, path: string): void {
  try {
    writeFully(fd, chunk);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}
