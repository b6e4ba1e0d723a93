import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";

export interface OverlayOptions {
  /** Unpacked layers, the lowest first. Never empty. */
  readonly layers: readonly string[];
  readonly upper: string;
  /** Empty directory on the same file system as `upper`. */
  readonly work: string;
  /** Directory to mount on. */
  readonly target: string;
  /** Where the folder of links may be made. */
  readonly links: string;
}

/** An overlay that is ready to be mounted with paths of a few characters. */
export interface Overlay {
  /** Folder from which the paths of `options` are relative. */
  readonly links: string;
  /** For mount -o. */
  readonly options: string;
  readonly target: string;
  /** A folder that is mounted there as it is, instead of an overlay. */
  readonly bind?: string;
}

/**
 * Makes a folder of links to the layers: mount options have room for one page, and give commas and colons a meaning, so
 * they name only links. Hundreds of layers fit, wherever they are.
 */
export function prepareOverlay({ layers, upper, work, target, links }: OverlayOptions): Overlay {
  rmSync(links, { recursive: true, force: true });
  makeDirectory(links);
  makeDirectory(target);
  layers.forEach((layer, index) => symlinkSync(layer, join(links, String(index))));
  symlinkSync(upper, join(links, "u"));
  symlinkSync(work, join(links, "w"));
  const lower = layers.map((_, index) => index).reverse();
  return {
    links,
    options: `lowerdir=${lower.join(":")},upperdir=u,workdir=w`,
    target,
  };
}
