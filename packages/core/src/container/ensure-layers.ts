import type { ImageConfig } from "../oci/index.ts";
import type { StoredImage } from "../store/index.ts";
import type { ContainerHost } from "./host.ts";

/** Has the layers of an image unpacked. */
export async function ensureLayers(
  host: ContainerHost,
  image: StoredImage,
  config: ImageConfig,
): Promise<void> {
  const { layers, images } = host.store;
  if (image.diffIds.every((diffId) => layers.has(diffId))) return;
  const manifest = images.readManifest(image);
  await layers.ensure(manifest, config, await host.worker());
}
