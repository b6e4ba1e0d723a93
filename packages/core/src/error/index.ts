export { WherryError, withoutCredentials, type ErrorDetails } from "./wherry-error.ts";
export { FileSystemError, errnoOf } from "./system-error.ts";
