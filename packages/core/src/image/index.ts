export {
  adaptSource,
  changesLayers,
  oneFor,
  type AdaptOptions,
  type ImageChanges,
  type LayerWish,
} from "./adapt-source.ts";
export { BlobLedger } from "./blob-ledger.ts";
export { Budget, within } from "./budget.ts";
export { chooseImages, type ImageChoice } from "./choose-images.ts";
export { convertFormat, type ManifestFormat } from "./convert-format.ts";
export { convertLayers, type CompressedForms, type ConvertLayersOptions } from "./convert-layers.ts";
export { copyImage, isPublished, type CopyEvent, type CopyOptions } from "./copy-image.ts";
export { deleteImage, type DeleteOptions } from "./delete-image.ts";
export {
  ConversionError,
  DeleteUnsupportedError,
  IndexTooDeepError,
  NoIndexError,
  OtherTagsError,
} from "./errors.ts";
export {
  inspectImage,
  readConfig,
  type ImageSummary,
  type InspectOptions,
  type LayerSummary,
} from "./inspect-image.ts";
export { selectPlatform } from "./select-platform.ts";
export { budgetedManifests, shareCopy, type CopyEnds } from "./share-copy.ts";
