export {
  adaptSource,
  changesLayers,
  oneFor,
  type AdaptOptions,
  type ImageChanges,
  type LayerWish,
} from "./adapt-source.ts";
export { BlobLedger } from "./blob-ledger.ts";
export { BlobLocations, type KnownBlobs } from "./blob-locations.ts";
export { Budget, within } from "./budget.ts";
export { chooseImages, type ImageChoice } from "./choose-images.ts";
export {
  compareImages,
  type ComparedPart,
  type FileChange,
  type ImageDifference,
  type ValueChange,
} from "./compare-images.ts";
export { convertFormat, type ManifestFormat } from "./convert-format.ts";
export { convertLayers, type CompressedForms, type ConvertLayersOptions } from "./convert-layers.ts";
export {
  copyImage,
  isPublished,
  type CopyEvent,
  type CopyOptions,
  type CopySignatures,
} from "./copy-image.ts";
export { deleteImage, planDeletion, type Deletion, type DeleteOptions } from "./delete-image.ts";
export {
  ContentDamagedError,
  ConversionError,
  DeleteUnsupportedError,
  IndexTooDeepError,
  NoIndexError,
  NoSuchBlobError,
  NoSuchFileInImageError,
  NotAFileError,
  OtherTagsError,
} from "./errors.ts";
export { exportImage } from "./export-image.ts";
export {
  historyOf,
  platformsOf,
  sizesOf,
  type HistoryStep,
  type ImageSizes,
  type PlatformSummary,
} from "./image-history.ts";
export { childrenThere, readTree } from "./image-tree.ts";
export {
  inspectImage,
  readConfig,
  type ImageSummary,
  type InspectOptions,
  type LayerSummary,
} from "./inspect-image.ts";
export { readImageFile } from "./read-image-file.ts";
export { selectPlatform } from "./select-platform.ts";
export { budgetedManifests, shareCopy, type CopyEnds } from "./share-copy.ts";
export { verifyContent, type VerifiedPart } from "./verify-content.ts";
export { changeConfig } from "./change-config.ts";
