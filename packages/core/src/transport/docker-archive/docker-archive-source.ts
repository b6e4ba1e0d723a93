import type { Readable } from "node:stream";
import {
  createManifest,
  Digester,
  digestOf,
  MEDIA_TYPE,
  parseImageConfig,
  type Compression,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../../oci/index.ts";
import type { Reference } from "../../reference/index.ts";
import { InvalidLayoutError } from "../errors.ts";
import type { ImageFiles } from "../image-files.ts";
import type { ImageSource } from "../image-source.ts";
import { chooseArchived, readArchiveManifest } from "./archive-manifest.ts";

const CONFIG_LIMIT = 8 * 1024 * 1024;

/** Layer media types; docker has none for zstd. */
const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  none: MEDIA_TYPE.dockerLayer,
  gzip: MEDIA_TYPE.dockerLayerGzip,
  zstd: MEDIA_TYPE.ociLayerZstd,
};

/**
 * An image in an archive of `docker save`. The archive has no manifest, so one is made: config and layers under the digests
 * of their bytes as they are in the archive.
 */
export class DockerArchiveSource implements ImageSource {
  readonly #open: () => Promise<ImageFiles>;
  readonly #wanted: Reference | number | undefined;
  #opened: Promise<{ files: ImageFiles; manifest: Manifest; members: Map<Digest, string> }> | undefined;

  constructor(open: () => Promise<ImageFiles>, wanted?: Reference | number) {
    this.#open = open;
    this.#wanted = wanted;
  }

  async readManifest(digest?: Digest): Promise<Manifest> {
    const { files, manifest } = await this.#read();
    if (digest === undefined || digest === manifest.descriptor.digest) return manifest;
    throw new InvalidLayoutError(files.place, `has no manifest ${digest}`);
  }

  async readBlob({ digest }: Descriptor): Promise<Readable> {
    const { files, members } = await this.#read();
    const content = files.open(members.get(digest) ?? "");
    if (content === undefined) throw new InvalidLayoutError(files.place, `has no blob ${digest}`);
    return content;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.files[Symbol.asyncDispose]();
  }

  #read(): Promise<{ files: ImageFiles; manifest: Manifest; members: Map<Digest, string> }> {
    this.#opened ??= this.#readOnce();
    return this.#opened;
  }

  async #readOnce(): Promise<{ files: ImageFiles; manifest: Manifest; members: Map<Digest, string> }> {
    const files = await this.#open();
    try {
      return { files, ...(await describe(files, this.#wanted)) };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }
}

async function describe(
  files: ImageFiles,
  wanted: Reference | number | undefined,
): Promise<{ manifest: Manifest; members: Map<Digest, string> }> {
  const image = chooseArchived(readArchiveManifest(files), wanted, files.place);
  const configBytes = files.readBytes(image.Config, CONFIG_LIMIT);
  if (configBytes === undefined)
    throw new InvalidLayoutError(files.place, `lacks the config ${image.Config}`);
  const { diff_ids: diffIds } = parseImageConfig(configBytes).rootfs;
  if (diffIds.length !== image.Layers.length)
    throw new InvalidLayoutError(
      files.place,
      `has ${image.Layers.length} layers where the config names ${diffIds.length}`,
    );
  const config: Descriptor = {
    mediaType: MEDIA_TYPE.dockerConfig,
    digest: digestOf(configBytes),
    size: configBytes.length,
  };
  const members = new Map([[config.digest, image.Config]]);
  const layers: Descriptor[] = [];
  for (const [index, name] of image.Layers.entries()) {
    const layer = await describeLayer(files, name, diffIds[index]);
    members.set(layer.digest, name);
    layers.push(layer);
  }
  const isDocker = layers.every(({ mediaType }) => mediaType !== MEDIA_TYPE.ociLayerZstd);
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: isDocker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    config: isDocker ? config : { ...config, mediaType: MEDIA_TYPE.ociConfig },
    layers: isDocker ? layers : layers.map(asOci),
  });
  return { manifest, members };
}

async function describeLayer(
  files: ImageFiles,
  name: string,
  diffId: Digest | undefined,
): Promise<Descriptor> {
  const size = files.sizeOf(name);
  if (size === undefined || diffId === undefined)
    throw new InvalidLayoutError(files.place, `lacks the layer ${name}`);
  const compression = await compressionOfMember(files, name);
  const digest = compression === "none" ? diffId : await digestOfMember(files, name);
  return { mediaType: LAYER_TYPES[compression], digest, size };
}

async function compressionOfMember(files: ImageFiles, name: string): Promise<Compression> {
  const { detectCompression } = await import("../../layer/index.ts");
  const content = files.open(name) as AsyncIterable<Buffer> | undefined;
  for await (const chunk of content ?? []) {
    const compression = detectCompression(chunk.subarray(0, 6));
    if (compression === "none" || compression === "gzip" || compression === "zstd") return compression;
    throw new InvalidLayoutError(files.place, `has the layer ${name} compressed with ${compression}`);
  }
  return "none";
}

async function digestOfMember(files: ImageFiles, name: string): Promise<Digest> {
  const digester = new Digester();
  for await (const chunk of (files.open(name) ?? []) as AsyncIterable<Uint8Array>) digester.update(chunk);
  return digester.digest();
}

function asOci(layer: Descriptor): Descriptor {
  if (layer.mediaType === MEDIA_TYPE.dockerLayer) return { ...layer, mediaType: MEDIA_TYPE.ociLayer };
  if (layer.mediaType === MEDIA_TYPE.dockerLayerGzip) return { ...layer, mediaType: MEDIA_TYPE.ociLayerGzip };
  return layer;
}
