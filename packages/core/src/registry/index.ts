export { DEFAULT_LIMITS, type Limits, type RegistryAccess } from "./access.ts";
export { RegistryClient } from "./client.ts";
export type { Clock } from "./clock.ts";
export {
  BlobUnknownError,
  DeniedError,
  ManifestUnknownError,
  RateLimitedError,
  RegistryError,
  RegistryProtocolError,
  RegistryUnreachableError,
  RepositoryUnknownError,
  UnauthorizedError,
  UploadInterruptedError,
  type RegistryFailure,
} from "./errors.ts";
export type { RateLimit } from "./manifests.ts";
export { InvalidNameError } from "./names.ts";
export type { UploadContent } from "./replay.ts";
export type { SearchResult } from "./search.ts";
