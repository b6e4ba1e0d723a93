import {
  choosePlatform,
  formatPlatform,
  NoMatchingPlatformError,
  normalisePlatform,
  type Manifest,
  type Platform,
} from "../oci/index.ts";
import { originOf, type ImageSource } from "../transport/index.ts";
import { IndexTooDeepError } from "./errors.ts";

const DEPTH_LIMIT = 4;

/**
 * The same source, narrowed to one platform: where the reference names an index, the root is the manifest in it that fits
 * best. An image that is no index is taken as it is.
 *
 * @throws {NoMatchingPlatformError} from `readManifest`
 */
export function selectPlatform(source: ImageSource, platform: Platform): ImageSource {
  const origin = originOf(source);
  let chosen: Promise<Manifest> | undefined;
  return {
    ...(origin === undefined ? {} : { origin }),
    readManifest(digest) {
      if (digest !== undefined) return source.readManifest(digest);
      chosen ??= choose(source, platform);
      return chosen;
    },
    readBlob: (blob) => source.readBlob(blob),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function choose(source: ImageSource, platform: Platform): Promise<Manifest> {
  let manifest = await source.readManifest();
  for (let depth = 0; manifest.kind === "index"; depth++) {
    if (depth === DEPTH_LIMIT) throw new IndexTooDeepError(manifest.descriptor.digest, DEPTH_LIMIT);
    const { manifests } = manifest.content;
    const child = choosePlatform(manifests, platform);
    const [only] = manifests;
    if (child !== undefined) manifest = await source.readManifest(child.digest);
    else if (only !== undefined && manifests.length === 1 && only.platform === undefined)
      manifest = await source.readManifest(only.digest);
    else
      throw new NoMatchingPlatformError(formatPlatform(normalisePlatform(platform)), platformsOf(manifest));
  }
  return manifest;
}

/** Attestations stand in an index as images for a platform `unknown/unknown`. */
function platformsOf(index: Manifest & { readonly kind: "index" }): string[] {
  return index.content.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === "unknown" ? [] : [formatPlatform(platform)],
  );
}
