import { closeSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import type { RuntimeMount } from "../spec/index.ts";
import { resolveInLayers } from "./find-in-layers.ts";

/** What a mount needs to be mounted on: a folder, or a file where a file of the host is bound. */
function needsFile({ type, source }: RuntimeMount): boolean {
  return type === "bind" && !statSync(source).isDirectory();
}

/**
 * Makes a layer of the places where something will be mounted and the image has nothing. As the lowest layer it spares the
 * runtime to make them in the upper one, where they would look like the container's own changes.
 *
 * @param layers the image's, the lowest first
 * @param isFile whether a mount goes on a file, where its source is not there yet; else the host is asked
 */
export function makeSkeleton(
  folder: string,
  layers: readonly string[],
  mounts: readonly RuntimeMount[],
  isFile: (mount: RuntimeMount) => boolean | undefined = () => undefined,
): void {
  makeDirectory(folder, 0o755);
  for (const mount of mounts) {
    const { path, isThere } = resolveInLayers(layers, mount.destination);
    if (isThere) continue;
    const place = join(folder, path);
    if (isFile(mount) ?? needsFile(mount)) {
      makeDirectory(dirname(place), 0o755);
      closeSync(openSync(place, "a", 0o644));
    } else {
      makeDirectory(place, 0o755);
    }
  }
}
