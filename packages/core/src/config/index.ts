export { certificatesFor, type RegistryCertificates } from "./certificates.ts";
export {
  hasContainersConf,
  NO_CONTAINERS_CONF,
  readContainersConf,
  type ContainersConf,
} from "./containers-conf.ts";
export { resolveModules } from "./conf-modules.ts";
export {
  CredentialStore,
  type CredentialStoreOptions,
  type FoundCredentials,
  type KnownLogin,
} from "./credential-store.ts";
export type { Credentials } from "./credentials.ts";
export { endpointsFor, type Endpoints, type RegistryEndpoint } from "./endpoints.ts";
export { containersFolders, type Environment } from "./environment.ts";
export {
  ConfModuleMissingError,
  CredentialFileError,
  CredentialHelperError,
  IncompleteCertificateError,
  InvalidConfigurationError,
  NamespacedCredentialsError,
  ShortNameError,
  UnsafeRuntimeFolderError,
} from "./errors.ts";
export { locate, namedRuntimeFolder, type Locations } from "./locations.ts";
export { lookasideFor, readLookasides, type Lookasides } from "./lookasides.ts";
export {
  readRegistriesConf,
  type Mirror,
  type PullFromMirror,
  type RegistriesConf,
  type RegistryEntry,
  type ShortNameMode,
} from "./registries-conf.ts";
export { rememberAlias } from "./remember-alias.ts";
export { shortNameCandidates } from "./short-names.ts";
export { readStorageConf, type StorageConf } from "./storage-conf.ts";
export type { Table } from "./toml-file.ts";
