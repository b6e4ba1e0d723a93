import { createManifest, MEDIA_TYPE, type Digest } from "@wherry/core/oci";
import type { Store, StoredImage } from "@wherry/core/store";

/** Puts an image without name and layers into a store, made by one step; another for each text. */
export async function putPlainImage(store: Store, text: string): Promise<StoredImage> {
  const config = await store.blobs.writeBytes(
    Buffer.from(
      JSON.stringify({
        ...{ architecture: "amd64", os: "linux", config: { Labels: { text } } },
        rootfs: { type: "layers", diff_ids: [] },
        history: [{ created: "1970-01-01T00:00:00Z", created_by: `LABEL text=${text}`, empty_layer: true }],
      }),
    ),
  );
  const { bytes, descriptor } = createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, ...config },
    layers: [],
  });
  await store.blobs.writeBytes(bytes);
  return store.images.put(descriptor);
}

/** Adds a container that has never run. */
export function putContainer(store: Store, name: string, imageId: Digest | "" = ""): string {
  const id = Buffer.from(name.padEnd(32, "-")).toString("hex").slice(0, 64);
  store.containers.insert({
    ...{ id, name, created: "2026-01-01T00:00:00Z", imageId, imageName: "" },
    config: { args: ["true"], labels: {}, mounts: [], ports: [], network: { kind: "none" } },
  });
  return id;
}
