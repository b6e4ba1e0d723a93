import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";

/** How the list of referrers describes a manifest: its type and annotations are part of it. */
export function referrerEntry({ descriptor, content, kind }: Manifest): Descriptor {
  const { mediaType, digest, size } = descriptor;
  const type = content.artifactType ?? (kind === "image" ? content.config.mediaType : undefined);
  return {
    mediaType,
    digest,
    size,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(content.annotations === undefined ? {} : { annotations: content.annotations }),
  };
}
