import { formatReference, type Reference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";

/** What buildx writes: digests and names, for the next tool. */
export function metadataOf(image: StoredImage, names: readonly Reference[]): string {
  const { mediaType, digest, size } = image.manifest;
  return `${JSON.stringify(
    {
      "containerimage.config.digest": image.id,
      "containerimage.descriptor": { mediaType, digest, size },
      "containerimage.digest": digest,
      ...(names.length === 0 ? {} : { "image.name": names.map(formatReference).join(",") }),
    },
    undefined,
    2,
  )}\n`;
}
