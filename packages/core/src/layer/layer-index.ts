import type { Compression } from "../oci/index.ts";
import { readBlob } from "./blob.ts";
import { parseEntryPath } from "./entry-path.ts";
import { HostileEntryError } from "./errors.ts";
import type { TarEntry } from "./tar-entry.ts";
import { TarReader } from "./tar-reader.ts";
import { parseWhiteout } from "./whiteout.ts";

/** What a layer says of one path. */
export interface LayerEntry extends TarEntry {
  /**
   * Below the root, without slashes at either end; "" is the root. Of a whiteout the path it removes, of an opaque
   * marker the directory. `linkName` of a hard link is such a path too; of a symbolic link it is as in the archive.
   */
  readonly path: string;
  readonly kind: "entry" | "whiteout" | "opaque";
  /** Where the stored content begins in the uncompressed archive, in bytes. */
  readonly offset: number;
}

/**
 * Lists what is in a layer blob, in its order, without unpacking it.
 *
 * @throws {HostileEntryError | InvalidTarError | DamagedCompressionError | FileSystemError}
 */
export async function indexLayer(blob: string, compression: Compression): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const reader = new TarReader({
    entry(entry, offset) {
      const indexed = layerEntryOf(entry, offset);
      if (indexed !== undefined) entries.push(indexed);
      return true;
    },
    content: () => undefined,
    end: () => undefined,
  });
  await readBlob(blob, compression, (piece) => {
    reader.write(piece);
  });
  reader.finish();
  return entries;
}

/**
 * What an entry of a layer's archive says of which path; undefined for markers that say nothing.
 *
 * @throws {HostileEntryError}
 */
export function layerEntryOf(entry: TarEntry, offset: number): LayerEntry | undefined {
  const path = parseEntryPath(entry.path);
  const whiteout = parseWhiteout(path);
  switch (whiteout?.kind) {
    case "remove":
      return { ...entry, path: whiteout.path, kind: "whiteout", offset };
    case "opaque":
      return { ...entry, path: whiteout.directory, kind: "opaque", offset };
    case "ignored":
      return undefined;
    case undefined:
      if (path === "" && entry.type !== "directory") {
        throw new HostileEntryError(entry.path, "the root of a layer is a directory");
      }
      if (entry.type === "symlink" && entry.linkName === "") {
        throw new HostileEntryError(entry.path, "it is a symbolic link to nothing");
      }
      if (entry.type !== "link") return { ...entry, path, kind: "entry", offset };
      return { ...entry, path, linkName: parseEntryPath(entry.linkName ?? ""), kind: "entry", offset };
  }
}
