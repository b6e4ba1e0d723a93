import { statSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import type { Reference } from "../reference/index.ts";
import { archiveFiles } from "./archive/archive-files.ts";
import { readArchiveManifest, referencesOf } from "./docker-archive/archive-manifest.ts";
import { InvalidLayoutError, PlaceMissingError } from "./errors.ts";
import { folderFiles, type ImageFiles } from "./image-files.ts";
import { layoutLabel, layoutNames } from "./oci/layout-index.ts";
import { readLayoutIndex } from "./oci/oci-source.ts";
import type { TransportName } from "./transport-name.ts";

/** An image found in a file or folder, where to read it, and the names it has there. */
export interface FoundImage {
  readonly source: TransportName;
  /** As far as they are image names. */
  readonly names: readonly Reference[];
  /** What is typed behind the path of a layout. */
  readonly label?: string;
}

/**
 * The images in a file or folder of any kind that `load` takes: archives of docker and OCI, OCI layouts, skopeo's folders.
 * A pipe has to be copied to a file before (`spoolArchive`).
 *
 * @throws {PlaceMissingError | InvalidLayoutError} when it is none of them
 */
export async function listImages(path: string, temporaryDirectory: string): Promise<FoundImage[]> {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new PlaceMissingError(path);
    throw new FileSystemError("open", path, error);
  }
  if (isFolder) return listFolder(path);
  await using files = await archiveFiles(path, temporaryDirectory);
  // docker's newer archives are OCI layouts too, but only manifest.json has their names
  if (files.sizeOf("manifest.json") !== undefined) return listDockerArchive(files, path);
  if (files.sizeOf("index.json") !== undefined) return listLayout(files, path, "oci-archive");
  throw new InvalidLayoutError(path, "is no archive of images: it has neither manifest.json nor index.json");
}

function listFolder(path: string): FoundImage[] {
  const files = folderFiles(path);
  if (files.sizeOf("index.json") !== undefined) return listLayout(files, path, "oci");
  if (files.sizeOf("manifest.json") !== undefined) return [{ source: { transport: "dir", path }, names: [] }];
  throw new InvalidLayoutError(path, "holds no image: it has neither index.json nor manifest.json");
}

function listDockerArchive(files: ImageFiles, path: string): FoundImage[] {
  return readArchiveManifest(files).map((image, number) => ({
    source: { transport: "docker-archive", path, image: number },
    names: referencesOf(image),
  }));
}

function listLayout(files: ImageFiles, path: string, transport: "oci" | "oci-archive"): FoundImage[] {
  return readLayoutIndex(files).manifests.map((manifest, image) => {
    const label = layoutLabel(manifest);
    return {
      source: { transport, path, image },
      names: layoutNames(manifest),
      ...(label === undefined ? {} : { label }),
    };
  });
}
