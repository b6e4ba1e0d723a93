export { BlobStore } from "./blob-store.ts";
export { BuildCache } from "./build-cache.ts";
export {
  CacheMounts,
  type CacheIdentity,
  type CacheMountRecord,
  type OpenCacheMount,
  type OpenCacheOptions,
} from "./cache-mounts.ts";
export { isDamage, type CheckOptions, type Problem } from "./check.ts";
export { ContainerStore, type ContainerPatch, type ContainerRecord } from "./container-store.ts";
export {
  AmbiguousContainerError,
  AmbiguousImageError,
  BlobMissingError,
  ContainerNotFoundError,
  DiffIdMismatchError,
  ImageInUseError,
  ImageNotFoundError,
  ListExistsError,
  NameInUseError,
  NoWorkerError,
  StoreBusyError,
  StoreDamagedError,
  StoreTooNewError,
  UnsuitableImageError,
  WorkingContainerNotFoundError,
} from "./errors.ts";
export { EventLog, formatEvent, parseEvent, type RecordedEvent, type StoreEvent } from "./event-log.ts";
export { readEvents, type FollowOptions } from "./follow-events.ts";
export type { FoundImage } from "./find-image.ts";
export { ImageStore, type RemovedImage } from "./image-store.ts";
export { ListStore, type StoredList } from "./list-store.ts";
export { LayerStore, type AppliedLayer, type CompressedLayer } from "./layer-store.ts";
export { moveToTrash, removeTree, type LayerWorker } from "./remove-tree.ts";
export { readNames } from "./staging.ts";
export type { Repaired, RepairOptions } from "./repair.ts";
export {
  AmbiguousSecretError,
  SecretExistsError,
  SecretLostError,
  SecretNotFoundError,
} from "./secret-errors.ts";
export { SecretStore, type SecretRecord } from "./secret-store.ts";
export { StagedBlob } from "./staged-blob.ts";
export { Store } from "./store.ts";
export type { StoredImage } from "./stored-image.ts";
export type { Swept } from "./sweep.ts";
export { WorkingStore, type WorkingRecord } from "./working-store.ts";
export {
  AmbiguousVolumeError,
  VolumeExistsError,
  VolumeInUseError,
  VolumeNotFoundError,
} from "./volume-errors.ts";
export { VolumeStore, type VolumeRecord } from "./volume-store.ts";
