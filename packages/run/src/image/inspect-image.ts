import { goFields, goMap, GoTime } from "@wherry/core/cli";
import type { Store, StoredImage } from "@wherry/core/store";
import { repositoryDigests, sizeOf } from "./image-rows.ts";

/** An image as `podman image inspect` shows it. */
export function inspectImage(store: Store, image: StoredImage): object {
  const config = store.images.readConfig(image);
  const { content } = store.images.readManifest(image);
  const size = sizeOf(store, image);
  const labels = goMap({ ...image.labels });
  const fields = {
    Id: image.id.replace("sha256:", ""),
    Digest: image.manifest.digest,
    RepoTags: image.names,
    RepoDigests: repositoryDigests(image),
    Parent: "",
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: new GoTime(image.created),
    Config: { ...config.config, ...(config.config?.Labels === undefined ? {} : { Labels: labels }) },
    Version: "",
    Author: config.author ?? "",
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: size,
    VirtualSize: size,
    GraphDriver: {
      Name: "overlay",
      Data: goMap({
        LowerDir: image.diffIds
          .map((diffId) => store.layers.path(diffId))
          .reverse()
          .join(":"),
      }),
    },
    RootFS: { Type: "layers", Layers: image.diffIds },
    Labels: labels,
    Annotations: goMap({ ...content.annotations }),
    ManifestType: image.manifest.mediaType,
    User: config.config?.User ?? "",
    History: config.history ?? [],
    NamesHistory: image.names,
    ...(config.config?.Healthcheck === undefined ? {} : { Healthcheck: config.config.Healthcheck }),
  };
  return goFields(fields, { Variant: "", HealthCheck: config.config?.Healthcheck ?? null });
}
