export type { Credentials } from "./credentials.ts";
export type { Environment } from "./environment.ts";
export { UnsafeRuntimeFolderError } from "./errors.ts";
export { locate, type Locations } from "./locations.ts";
