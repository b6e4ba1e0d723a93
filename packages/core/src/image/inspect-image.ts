import { readAll } from "../io/index.ts";
import { parseImageConfig, type Digest, type Manifest, type Platform } from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { selectPlatform } from "./select-platform.ts";

const CONFIG_LIMIT = 8 * 1024 * 1024;

/** What `skopeo inspect` prints, with its keys in its order. */
export interface ImageSummary {
  readonly Name?: string;
  /** Of the manifest or index that the reference names. */
  readonly Digest: Digest;
  readonly RepoTags: readonly string[];
  readonly Created: string | null;
  readonly DockerVersion: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly Layers: readonly Digest[];
  readonly LayersData: readonly LayerSummary[];
  readonly Env: readonly string[] | null;
}

export interface LayerSummary {
  readonly MIMEType: string;
  readonly Digest: Digest;
  readonly Size: number;
  readonly Annotations: Readonly<Record<string, string>> | null;
}

export interface InspectOptions {
  readonly platform: Platform;
  /** Name without tag, for sources that have one. */
  readonly name?: string;
  /** The tags of the repository, if they are wanted. */
  readonly tags?: readonly string[];
}

/** Summarises an image without fetching its layers. */
export async function inspectImage(source: ImageSource, options: InspectOptions): Promise<ImageSummary> {
  const { platform, name, tags = [] } = options;
  const root = await source.readManifest();
  const image = await selectPlatform(source, platform).readManifest();
  const bytes = await readConfig(source, image);
  const config = parseImageConfig(bytes);
  const layers = image.kind === "image" ? image.content.layers : [];
  return {
    ...(name === undefined ? {} : { Name: name }),
    Digest: root.descriptor.digest,
    RepoTags: tags,
    Created: config.created ?? null,
    DockerVersion: dockerVersionOf(bytes),
    Labels: config.config?.Labels ?? null,
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Layers: layers.map(({ digest }) => digest),
    LayersData: layers.map(({ mediaType, digest, size, annotations }) => ({
      MIMEType: mediaType,
      Digest: digest,
      Size: size,
      Annotations: annotations ?? null,
    })),
    Env: config.config?.Env ?? null,
  };
}

/** The exact bytes of an image's config. */
export async function readConfig(source: ImageSource, image: Manifest): Promise<Buffer> {
  if (image.kind === "index") throw new Error("an index has no config; select a platform first");
  const { config } = image.content;
  return readAll(await source.readBlob(config), CONFIG_LIMIT, `config ${config.digest}`);
}

/** docker's own field of the config, which image-spec does not know. */
function dockerVersionOf(bytes: Buffer): string {
  const json = JSON.parse(bytes.toString()) as { docker_version?: unknown };
  return typeof json.docker_version === "string" ? json.docker_version : "";
}
