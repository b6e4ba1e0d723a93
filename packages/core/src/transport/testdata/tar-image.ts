import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import {
  createManifest,
  digestOf,
  MEDIA_TYPE,
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type Manifest,
} from "../../oci/index.ts";
import type { ImageDestination } from "../image-destination.ts";
import type { ImageSource } from "../image-source.ts";

/** A tar with these files. */
export async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, content);
  tar.finalize();
  return Buffer.concat(await Readable.from(tar).toArray());
}

/** Images held in memory, as a source: the first one, or the index, is what the reference names. */
export class MemorySource implements ImageSource {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Manifest>();
  root: Manifest | undefined;

  readManifest(digest?: string): Promise<Manifest> {
    const manifest = digest === undefined ? this.root : this.manifests.get(digest);
    if (manifest === undefined) throw new Error(`no manifest ${digest ?? ""}`);
    return Promise.resolve(manifest);
  }

  readBlob({ digest }: Descriptor): Promise<Readable> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw new Error(`no blob ${digest}`);
    return Promise.resolve(Readable.from([bytes]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  addBlob(bytes: Buffer, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  addManifest(manifest: Manifest): Manifest {
    this.manifests.set(manifest.descriptor.digest, manifest);
    this.root = manifest;
    return manifest;
  }
}

export interface TarImageOptions {
  readonly compressed?: boolean;
  readonly architecture?: string;
  readonly format?: "oci" | "docker";
}

/** Adds an image with these layers, each a tar; gives its manifest. */
export function addImage(
  source: MemorySource,
  tars: readonly Buffer[],
  options: TarImageOptions = {},
): Manifest {
  const { compressed = true, architecture = "amd64", format = "oci" } = options;
  const config: ImageConfig = {
    created: "2026-01-02T03:04:05Z",
    architecture,
    os: "linux",
    config: { Cmd: ["sh"], Env: ["PATH=/bin"], Labels: { a: "b" } },
    rootfs: { type: "layers", diff_ids: tars.map((tar) => digestOf(tar)) },
  };
  const [configType, plainType, gzipType, manifestType] =
    format === "oci"
      ? [MEDIA_TYPE.ociConfig, MEDIA_TYPE.ociLayer, MEDIA_TYPE.ociLayerGzip, MEDIA_TYPE.ociManifest]
      : [
          MEDIA_TYPE.dockerConfig,
          MEDIA_TYPE.dockerLayer,
          MEDIA_TYPE.dockerLayerGzip,
          MEDIA_TYPE.dockerManifest,
        ];
  return source.addManifest(
    createManifest({
      schemaVersion: 2,
      mediaType: manifestType,
      config: source.addBlob(Buffer.from(JSON.stringify(config)), configType),
      layers: tars.map((tar) =>
        compressed ? source.addBlob(gzipSync(tar), gzipType) : source.addBlob(tar, plainType),
      ),
    }),
  );
}

/** Adds an index over images of several architectures. */
export function addIndex(source: MemorySource, images: Readonly<Record<string, Manifest>>): Manifest {
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: Object.entries(images).map(([architecture, { descriptor }]) => ({
      ...descriptor,
      platform: { os: architecture === "unknown" ? "unknown" : "linux", architecture },
    })),
  };
  return source.addManifest(createManifest(index));
}

/** All bytes of a stream. */
export async function bytesOf(content: Readable): Promise<Buffer> {
  return Buffer.concat((await content.toArray()) as Buffer[]);
}

/** Writes an image as simply as the interfaces allow, without the module `image`. */
export async function writeImage(source: ImageSource, destination: ImageDestination): Promise<Manifest> {
  const root = await source.readManifest();
  if (root.kind === "index") throw new Error("only for images");
  for (const blob of [root.content.config, ...root.content.layers])
    await destination.writeBlob(blob, await source.readBlob(blob));
  await destination.writeManifest(root);
  await destination.commit(root.descriptor);
  return root;
}
