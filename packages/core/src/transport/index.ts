export { packLayout } from "./archive/pack-layout.ts";
export { spoolArchive, type SpooledArchive } from "./archive/spool-archive.ts";
export type { RegistryProvider, TransportContext } from "./context.ts";
export { StoreDestination, type StoreDestinationOptions } from "./containers-storage/store-destination.ts";
export { DockerArchiveWriter } from "./docker-archive/docker-archive-writer.ts";
export {
  ArchiveBrokenError,
  BlockedRegistryError,
  ChooseImageError,
  InvalidLayoutError,
  InvalidTransportNameError,
  MoreNamesError,
  NoSuchImageError,
  RefusingToOverwriteError,
  UnsupportedByDestinationError,
} from "./errors.ts";
export {
  acceptanceOf,
  canMountBlobs,
  knowsImage,
  type Acceptance,
  type BlobMounter,
  type ImageDestination,
  type KnowsImage,
} from "./image-destination.ts";
export {
  omits,
  originOf,
  type FromRegistry,
  type ImageSource,
  type RegistryOrigin,
  type Sparse,
} from "./image-source.ts";
export { listImages, type FoundImage } from "./list-images.ts";
export { collectGarbage, type Garbage, type GarbageOptions } from "./oci/collect-garbage.ts";
export { LayoutBusyError, withIndexLock } from "./file-lock.ts";
export { deleteFromLayout } from "./oci/delete-from-layout.ts";
export {
  keepsSignatures,
  mayBeSigned,
  signaturesIn,
  signaturesOf,
  type SignatureKeeper,
  type SignedSource,
} from "./signatures.ts";
export { openDestination, openSource, podmanName, type PlaceOptions } from "./open.ts";
export { stagingName, sweepStaging } from "./staging.ts";
export { formatTransportName, parseTransportName, placeNamed, type TransportName } from "./transport-name.ts";
