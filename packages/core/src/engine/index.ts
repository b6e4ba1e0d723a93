export type { Patience } from "./pull-wait.ts";
export { containerHost } from "./container-host.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export type { ImageHost } from "./connection.ts";
export {
  LoginFailedError,
  NotLoggedInError,
  ShortNameUnresolvedError,
  TagsUnsupportedError,
} from "./errors.ts";
export { thisHost, type Host } from "./host.ts";
export type { Signing } from "./carry-signatures.ts";
export { signManifest, verifyManifest } from "./standalone-signatures.ts";
export { copyImage, type CopyAnywhereOptions, type CopySide } from "./copy-anywhere.ts";
export {
  defaultRegistry,
  deleteImage,
  planDeletion,
  findLogin,
  inspectImage,
  listTags,
  login,
  logout,
  readConfig,
  readManifest,
  type ReadOptions,
  type TagList,
} from "./image-methods.ts";
export type { ExtraTag, PlannedDeletion } from "./extra-tags.ts";
export {
  formatPlan,
  parsePlan,
  summaryOf,
  withoutSecrets,
  type CopyPlan,
  type PlannedSide,
  type PlanSummary,
} from "./plan-document.ts";
export type { CompanionWishes } from "./companions.ts";
export type { PlannedBlob, PlannedImage } from "./plan-images.ts";
export { ImageSync, type SyncItem, type SyncOptions, type SyncResult } from "./image-sync.ts";
export {
  explainLogin,
  listRepositories,
  rateLimitOf,
  registryToken,
  resolveDigest,
  tagImage,
  type ExplainedLogin,
} from "./registry-verbs.ts";
export {
  diffImages,
  exportImage,
  imageHistory,
  imagePlatforms,
  imageSizes,
  readBlobOf,
  readFileOf,
  verifyContent,
} from "./read-verbs.ts";
export { referrersOf, type ReferrerNode } from "./referrers.ts";
export type { RegistryOptions } from "./registries.ts";
export { ensureImage, ensureResolved, type PullPolicy } from "./ensure-image.ts";
export { findStored, getStored } from "./find-stored.ts";
export { loadImages } from "./load-images.ts";
export { pullImage, type PullOptions } from "./pull-image.ts";
export { pushImage, type PushOptions } from "./push-image.ts";
export { saveImages, streamImages, type SavedImage } from "./save-images.ts";
export type { StoreHost } from "./store-host.ts";
export { openPlace, writePlace } from "./places.ts";
export { pushIndex, type PushIndexOptions } from "./push-index.ts";
export { removeImage, removeManifests, type RemovedImages } from "./remove-images.ts";
export { commitContainer, type CommitOptions } from "./commit-container.ts";
export { importImage, type ImportOptions } from "./import-image.ts";
export { listTaggedNames, searchImages, type FoundRepository, type SearchOptions } from "./search-images.ts";
export {
  isWorkingMounted,
  lockWorking,
  removeWorking,
  unmountWorking,
  workingMountPoint,
} from "./working-containers.ts";
export { migrateStore, type LostFiles } from "./migrate-store.ts";
