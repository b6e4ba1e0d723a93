import { closeSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import type { RuntimeMount } from "../spec/index.ts";
import { resolveInLayers } from "./find-in-layers.ts";

/**
 * Makes a layer of the places where something will be mounted and the image has nothing. As the lowest layer it spares the
 * runtime to make them in the upper one, where they would look like the container's own changes.
 *
 * @param layers the image's, the lowest first
 */
export function makeSkeleton(
  folder: string,
  layers: readonly string[],
  mounts: readonly RuntimeMount[],
): void {
  makeDirectory(folder, 0o755);
  for (const { destination, type, source } of mounts) {
    const { path, isThere } = resolveInLayers(layers, destination);
    if (isThere) continue;
    const place = join(folder, path);
    if (type === "bind" && !statSync(source).isDirectory()) {
      makeDirectory(dirname(place), 0o755);
      closeSync(openSync(place, "a", 0o644));
    } else {
      makeDirectory(place, 0o755);
    }
  }
}
