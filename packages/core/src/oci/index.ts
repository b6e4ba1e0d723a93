export {
  algorithmOf,
  Digester,
  digestOf,
  encodedOf,
  isDigest,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from "./digest.ts";
export { chainIdOf } from "./chain-id.ts";
export { variableName } from "./variable-name.ts";
export {
  parseImageConfig,
  type ContainerConfig,
  type Healthcheck,
  type History,
  type ImageConfig,
} from "./config.ts";
export type { Descriptor } from "./descriptor.ts";
export {
  DocumentTooLargeError,
  InvalidDigestError,
  InvalidDocumentError,
  InvalidPlatformError,
  NoMatchingPlatformError,
} from "./errors.ts";
export {
  childrenOf,
  createManifest,
  MANIFEST_SIZE_LIMIT,
  parseManifest,
  type ImageIndex,
  type ImageManifest,
  type Manifest,
} from "./manifest.ts";
export {
  compressionOf,
  isForeignLayer,
  isIndexMediaType,
  isManifestMediaType,
  MANIFEST_MEDIA_TYPES,
  MEDIA_TYPE,
  type Compression,
} from "./media-type.ts";
export {
  choosePlatform,
  formatPlatform,
  hostPlatform,
  normalisePlatform,
  parsePlatform,
  platformWith,
  type Platform,
} from "./platform.ts";
export { referrerEntry } from "./referrer-entry.ts";
export { isOpenpgp, SIGNATURE_COUNT_LIMIT, SIGNATURE_SIZE_LIMIT } from "./signature-format.ts";
