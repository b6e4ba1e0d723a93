export { Engine, type EngineOptions } from "./engine.ts";
export { LoginFailedError, NotLoggedInError, TagsUnsupportedError } from "./errors.ts";
export { thisHost, type Host } from "./host.ts";
export {
  copyImage,
  defaultRegistry,
  deleteImage,
  findLogin,
  inspectImage,
  listTags,
  login,
  logout,
  readConfig,
  readManifest,
  type CopyAnywhereOptions,
  type ImageHost,
  type ReadOptions,
  type TagList,
} from "./image-methods.ts";
export type { RegistryOptions } from "./registries.ts";
