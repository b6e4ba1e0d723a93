import type { BlobStore } from "./blob-store.ts";
import type { ContainerStore } from "./container-store.ts";
import type { StateDatabase } from "./database.ts";
import type { ImageStore } from "./image-store.ts";
import type { SecretStore } from "./secret-store.ts";
import type { VolumeStore } from "./volume-store.ts";
import type { WorkingStore } from "./working-store.ts";
import type { StorePaths } from "./paths.ts";
import type { Pins } from "./pins.ts";

/** All of a store that its check and repair look at. */
export interface StoreParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly pins: Pins;
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly containers: ContainerStore;
  readonly working: WorkingStore;
  readonly volumes: VolumeStore;
  readonly secrets: SecretStore;
}
