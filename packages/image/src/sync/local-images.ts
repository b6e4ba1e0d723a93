import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { FileSystemError } from "@wherry/core/error";
import { MEDIA_TYPE, parseManifest } from "@wherry/core/oci";
import type { TransportName } from "@wherry/core/transport";

/** An image of a folder, and what it is called there. */
export interface LocalImage {
  readonly source: TransportName;
  /** `busybox:1`, or a path that ends so. */
  readonly name: string;
}

const REF_NAME = "org.opencontainers.image.ref.name";

/** The folders below a path that hold an image as `dir:` has them, in order; the path itself may be one. */
export function imagesInFolders(path: string): LocalImage[] {
  const found: LocalImage[] = [];
  const visit = (folder: string): void => {
    const entries = readFolder(folder);
    if (entries.some((entry) => entry.isFile() && entry.name === "manifest.json")) {
      const name = relative(path, folder);
      found.push({
        source: { transport: "dir", path: folder },
        name: name === "" ? basename(path) : name,
      });
      return;
    }
    for (const entry of entries) if (entry.isDirectory()) visit(join(folder, entry.name));
  };
  visit(path);
  return found;
}

/**
 * The images of an OCI layout. One that is named by a mere tag, or not at all, is named for the folder.
 *
 * @throws {FileSystemError | InvalidDocumentError}
 */
export function imagesInLayout(path: string): LocalImage[] {
  const index = parseManifest(readFile(join(path, "index.json")), MEDIA_TYPE.ociIndex);
  if (index.kind !== "index") return [];
  return index.content.manifests.map(({ digest, annotations }) => {
    const named = annotations?.[REF_NAME];
    if (named === undefined)
      return {
        source: { transport: "oci", path, image: `@${digest}` },
        name: `${basename(path)}@${digest}`,
      };
    const name = /[/:@]/.test(named) ? named : `${basename(path)}:${named}`;
    return { source: { transport: "oci", path, image: named }, name };
  });
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new FileSystemError("read directory", path, error);
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}
