import {
  formatPlatform,
  parseImageConfig,
  type Descriptor,
  type Digest,
  type Manifest,
  type Platform,
} from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { readConfig } from "./inspect-image.ts";

/** One step of an image's making, and the layer it made. */
export interface HistoryStep {
  readonly Created: string | null;
  readonly CreatedBy: string;
  readonly Comment: string;
  /** Absent for steps that changed no file. */
  readonly Layer?: Digest;
  /** Of the layer as it is stored, in bytes. */
  readonly Size: number;
}

/** One image of an index. */
export interface PlatformSummary {
  /** `os/architecture[/variant]`; "" for what is for no platform, such as attestations. */
  readonly Platform: string;
  readonly Digest: Digest;
  readonly MediaType: string;
  /** Of config and layers as they are stored, in bytes; 0 for an index within. */
  readonly Size: number;
  readonly Layers: number;
  readonly Annotations: Readonly<Record<string, string>> | null;
}

/** Stored bytes of an image. */
export interface ImageSizes {
  readonly Manifest: number;
  readonly Config: number;
  readonly Layers: readonly { readonly Digest: Digest; readonly Size: number }[];
  readonly Total: number;
}

type Image = Manifest & { readonly kind: "image" };

/** The steps of an image's making, the first first, joined with its layers. Layers without a step come last. */
export async function historyOf(source: ImageSource, image: Image): Promise<HistoryStep[]> {
  const { history = [] } = parseImageConfig(await readConfig(source, image));
  const layers = [...image.content.layers];
  const steps = history.map(({ created, created_by: by, comment, empty_layer: isEmpty }) => {
    const layer = isEmpty === true ? undefined : layers.shift();
    return { Created: created ?? null, CreatedBy: by ?? "", Comment: comment ?? "", ...layerFields(layer) };
  });
  const rest = layers.map((layer) => ({ Created: null, CreatedBy: "", Comment: "", ...layerFields(layer) }));
  return [...steps, ...rest];
}

/** The images of an index; an image that is in none is the only one of its list. */
export async function platformsOf(source: ImageSource): Promise<PlatformSummary[]> {
  const root = await source.readManifest();
  if (root.kind === "image") {
    const { os, architecture, variant } = parseImageConfig(await readConfig(source, root));
    const platform: Platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    return [summaryOf(root.descriptor, root, platform)];
  }
  const images = root.content.manifests.map(async (child) =>
    summaryOf(child, await source.readManifest(child.digest), child.platform),
  );
  return await Promise.all(images);
}

/** What an image takes where it is stored. */
export function sizesOf({ descriptor, content }: Image): ImageSizes {
  const layers = content.layers.map(({ digest, size }) => ({ Digest: digest, Size: size }));
  const sum = layers.reduce((total, { Size }) => total + Size, 0);
  return {
    Manifest: descriptor.size,
    Config: content.config.size,
    Layers: layers,
    Total: descriptor.size + content.config.size + sum,
  };
}

function layerFields(layer: Descriptor | undefined): Pick<HistoryStep, "Layer" | "Size"> {
  return layer === undefined ? { Size: 0 } : { Layer: layer.digest, Size: layer.size };
}

function summaryOf(
  child: Descriptor,
  manifest: Manifest,
  platform: Platform | null | undefined,
): PlatformSummary {
  const content = manifest.kind === "image" ? [manifest.content.config, ...manifest.content.layers] : [];
  const isReal = platform !== undefined && platform !== null && platform.os !== "unknown";
  return {
    Platform: isReal ? formatPlatform(platform) : "",
    Digest: child.digest,
    MediaType: child.mediaType,
    Size: content.reduce((total, { size }) => total + size, 0),
    Layers: manifest.kind === "image" ? manifest.content.layers.length : 0,
    Annotations: child.annotations ?? null,
  };
}
