import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join, posix } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";

/** A file as overlayfs would show it, found without mounting. */
export interface Found {
  /** Absolute path in the container, without symbolic links. */
  readonly path: string;
  /** Where its content is on the host. */
  readonly hostPath: string;
  readonly kind: "directory" | "other";
}

const MAX_LINKS = 40;

/** Where a path leads in a stack of layers, whether or not there is something. */
export interface Resolved {
  /** Absolute path in the container, without symbolic links. */
  readonly path: string;
  readonly isThere: boolean;
}

/**
 * Looks a path up in a stack of directories in overlay format; symbolic links stay inside. Undefined when it is not there.
 *
 * @param layers the lowest first
 */
export function findInLayers(layers: readonly string[], path: string): Found | undefined {
  const result = walk(layers, path);
  return "hostPath" in result ? result : undefined;
}

/** Follows the links of a path, also of one that leads nowhere yet: that is where a file would be made. */
export function resolveInLayers(layers: readonly string[], path: string): Resolved {
  const result = walk(layers, path);
  return { path: result.path, isThere: "hostPath" in result };
}

function walk(layers: readonly string[], path: string): Found | { readonly path: string } {
  const pending = splitPath(path);
  /** Directories passed, each with the layers that show it; the highest first. */
  const passed: { path: string; layers: readonly string[] }[] = [];
  let here: { path: string; layers: readonly string[] } = { path: "/", layers: [...layers].reverse() };
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === "..") {
      here = passed.pop() ?? here;
      continue;
    }
    const next = posix.join(here.path, name);
    const shown = showing(here.layers, next);
    const [top] = shown;
    if (top === undefined) return { path: posix.join(next, ...pending) };
    if (top.stats.isDirectory()) {
      passed.push(here);
      here = { path: next, layers: shown.map(({ layer }) => layer) };
    } else if (top.stats.isSymbolicLink()) {
      if (++links > MAX_LINKS) return { path: next };
      const target = readlinkSync(join(top.layer, next));
      if (target.startsWith("/")) {
        here = passed[0] ?? here;
        passed.length = 0;
      }
      pending.unshift(...splitPath(target));
    } else if (pending.length > 0) {
      return { path: posix.join(next, ...pending) };
    } else {
      return { path: next, hostPath: join(top.layer, next), kind: "other" };
    }
  }
  return { path: here.path, hostPath: join(here.layers[0] ?? "", here.path), kind: "directory" };
}

/** The content of a text file in the layers; undefined when it is not there. */
export function readInLayers(layers: readonly string[], path: string): string | undefined {
  const found = findInLayers(layers, path);
  if (found?.kind !== "other") return undefined;
  try {
    return readFileSync(found.hostPath, "utf8");
  } catch (error) {
    throw new FileSystemError("read", found.hostPath, error);
  }
}

/** Which layers show a path, from the highest down: a file hides all below, a whiteout even itself. */
function showing(layers: readonly string[], path: string): { layer: string; stats: Stats }[] {
  const shown: { layer: string; stats: Stats }[] = [];
  for (const layer of layers) {
    const stats = statOf(join(layer, path));
    if (stats === undefined) continue;
    if (stats.isCharacterDevice() && stats.rdev === 0) break;
    if (!stats.isDirectory()) {
      if (shown.length === 0) shown.push({ layer, stats });
      break;
    }
    shown.push({ layer, stats });
  }
  return shown;
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw new FileSystemError("look up", path, error);
  }
}

function splitPath(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
