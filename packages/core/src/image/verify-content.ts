import { WherryError } from "../error/index.ts";
import {
  childrenOf,
  Digester,
  parseImageConfig,
  type Descriptor,
  type Digest,
  type Manifest,
} from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { readConfig } from "./inspect-image.ts";
import { readTree } from "./image-tree.ts";
import { uncompressed } from "./layer-members.ts";

/** What was found of one manifest or blob. */
export interface VerifiedPart {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** Why it is not what its descriptor says; absent when it is. */
  readonly problem?: string;
}

/** As many blobs are read at a time. */
const AT_A_TIME = 4;

/**
 * Reads all that an image consists of, and digests it again: manifests, configs, layers, and of layers also what they hold
 * uncompressed, which the config names. Each part is reported when it is done; only a failure to read the manifests ends it.
 */
export async function verifyContent(
  source: ImageSource,
  onPart: (part: VerifiedPart) => void,
): Promise<{ readonly parts: number; readonly bytes: number; readonly damaged: number }> {
  const root = await source.readManifest();
  const { manifests, blobs } = await readTree(root, source);
  const total = { parts: 0, bytes: 0, damaged: 0 };
  const report = (part: VerifiedPart): void => {
    total.parts++;
    total.bytes += part.size;
    if (part.problem !== undefined) total.damaged++;
    onPart(part);
  };
  for (const { descriptor } of manifests) report(partOf(descriptor)); // they were checked to be read
  const diffIds = await diffIdsOf(source, manifests);
  const left = [...blobs];
  const work = async (): Promise<void> => {
    for (let blob = left.shift(); blob !== undefined; blob = left.shift())
      report(await verifyBlob(source, blob, diffIds.get(blob.digest)));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return total;
}

async function verifyBlob(
  source: ImageSource,
  blob: Descriptor,
  diffId: Digest | undefined,
): Promise<VerifiedPart> {
  try {
    const content = await source.readBlob(blob);
    if (diffId === undefined) for await (const _ of content);
    else {
      const digester = new Digester();
      for await (const piece of (await uncompressed(content)) as AsyncIterable<Uint8Array>)
        digester.update(piece);
      if (!content.readableEnded && !content.destroyed) for await (const _ of content); // what follows belongs to the blob too
      const actual = digester.digest();
      if (actual !== diffId)
        return partOf(blob, `its content has the digest ${actual}, and the config names ${diffId}`);
    }
    return partOf(blob);
  } catch (error) {
    if (error instanceof WherryError) return partOf(blob, error.message);
    throw error;
  }
}

/** Layer → what the config says its uncompressed content has as digest; nothing for artifacts, whose config says other things. */
async function diffIdsOf(source: ImageSource, manifests: readonly Manifest[]): Promise<Map<Digest, Digest>> {
  const found = new Map<Digest, Digest>();
  for (const manifest of manifests) {
    if (manifest.kind !== "image" || !/config|container\.image/.test(manifest.content.config.mediaType))
      continue;
    const { blobs } = childrenOf(manifest);
    try {
      const { rootfs } = parseImageConfig(await readConfig(source, manifest));
      for (const [index, layer] of blobs.slice(1).entries()) {
        const diffId = rootfs.diff_ids[index];
        if (diffId !== undefined && /\.layer\.|\.rootfs\.diff\./.test(layer.mediaType))
          found.set(layer.digest, diffId);
      }
    } catch (error) {
      if (!(error instanceof WherryError)) throw error; // the config's own line tells it
    }
  }
  return found;
}

function partOf({ digest, mediaType, size }: Descriptor, problem?: string): VerifiedPart {
  return { digest, mediaType, size, ...(problem === undefined ? {} : { problem }) };
}
