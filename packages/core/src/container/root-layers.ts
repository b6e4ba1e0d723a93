import { makeDirectory } from "../io/index.ts";
import { prepareOverlay, type Overlay, type OverlayOptions } from "../runtime/index.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

/** The folders below what a container writes, the lowest first: those of its image. */
export function lowerLayers(host: Pick<ContainerHost, "store">, container: Container): string[] {
  const { userMaps, rootfs, diffIds } = container.config;
  if (userMaps === undefined || rootfs !== undefined) return sharedLayers(host, container);
  return diffIds.map((diffId) => host.store.layers.mappedPath(diffId, userMaps));
}

/** As `lowerLayers`, with the owners that all containers of the user see. */
export function sharedLayers({ store }: Pick<ContainerHost, "store">, { config }: Container): string[] {
  const { rootfs, diffIds } = config;
  if (rootfs !== undefined) return rootfs.isOverlay ? [rootfs.path] : [];
  return diffIds.map((diffId) => store.layers.path(diffId));
}

/** The folders that a container's files are in, for reading; what it has written last. */
export function containerLayers(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  container: Container,
): string[] {
  return [...sharedLayers(host, container), writtenLayer(host, container)];
}

/** The folder in which is what the container has written. */
export function writtenLayer(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  { id, config: { rootfs } }: Container,
): string {
  return rootfs?.isOverlay === false ? rootfs.path : containerPaths(host, id).upper;
}

/** How a container's root file system is mounted: from layers, or from the user's folder as it is. */
export function rootMount({ config: { rootfs } }: Container, options: OverlayOptions): Overlay {
  if (rootfs?.isOverlay !== false) return prepareOverlay(options);
  for (const folder of [options.links, options.target]) makeDirectory(folder);
  return { links: options.links, options: "", target: options.target, bind: rootfs.path };
}
