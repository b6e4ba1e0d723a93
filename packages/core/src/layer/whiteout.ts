import { joinPath, nameOf, parentOf } from "./entry-path.ts";
import { HostileEntryError } from "./errors.ts";

/** Before the name of what a layer removes (image-spec layer.md "Whiteouts"). */
export const WHITEOUT_PREFIX = ".wh.";

/** The entry that hides everything below its directory in lower layers (image-spec layer.md "Opaque Whiteout"). */
export const OPAQUE_WHITEOUT = ".wh..wh..opq";

/** What a whiteout entry says: remove a path, hide what a directory had, or nothing (AUFS's own book-keeping). */
export type Whiteout =
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "opaque"; readonly directory: string }
  | { readonly kind: "ignored" };

/**
 * Reads a path below the layer's root as a whiteout; undefined for ordinary entries.
 *
 * @throws {HostileEntryError} when it would remove nothing, its own directory, or the one above.
 */
export function parseWhiteout(path: string): Whiteout | undefined {
  if (!path.includes(WHITEOUT_PREFIX)) return undefined;
  const name = nameOf(path);
  const directory = parentOf(path);
  if (isAufsName(directory)) return { kind: "ignored" };
  if (!name.startsWith(WHITEOUT_PREFIX)) {
    if (!hasWhiteoutPart(directory)) return undefined;
    throw new HostileEntryError(path, "it lies below a whiteout");
  }
  if (hasWhiteoutPart(directory)) throw new HostileEntryError(path, "it lies below a whiteout");
  if (name === OPAQUE_WHITEOUT) return { kind: "opaque", directory };
  if (isAufsName(name)) return { kind: "ignored" };
  const removed = name.slice(WHITEOUT_PREFIX.length);
  if (removed === "" || removed === "." || removed === "..") {
    throw new HostileEntryError(path, "this whiteout names nothing that could be removed");
  }
  return { kind: "remove", path: joinPath(directory, removed) };
}

/** AUFS keeps its own files (.wh..wh.plnk, .wh..wh.aufs, .wh..wh.orph) in layers; they mean nothing to others. */
function isAufsName(path: string): boolean {
  return path.startsWith(".wh..wh.") || path.includes("/.wh..wh.");
}

function hasWhiteoutPart(path: string): boolean {
  return path.startsWith(WHITEOUT_PREFIX) || path.includes(`/${WHITEOUT_PREFIX}`);
}
