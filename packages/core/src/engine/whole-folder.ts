import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTree } from "../image/index.ts";
import { encodedOf, type Descriptor } from "../oci/index.ts";
import type { ImageSource, Sparse } from "../transport/index.ts";

/**
 * Whether all blobs of the image in a folder (`dir:`) have their sizes. Such a folder is written without waiting for the disk:
 * after a failure of the power a name may be there, and its content short.
 */
export async function isWholeFolder(path: string, folder: ImageSource): Promise<boolean> {
  const there: ImageSource & Sparse = {
    readManifest: (digest) => folder.readManifest(digest),
    readBlob: (blob) => folder.readBlob(blob),
    omits: ({ digest }) => !existsSync(join(path, `${encodedOf(digest)}.manifest.json`)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { blobs } = await readTree(await folder.readManifest(), there);
  return blobs.every((blob) => sizeOf(path, blob) === blob.size);
}

function sizeOf(path: string, { digest }: Descriptor): number | undefined {
  return statSync(join(path, encodedOf(digest)), { throwIfNoEntry: false })?.size;
}
