export { WherryError, withoutCredentials, type ErrorDetails } from "./wherry-error.ts";
export { FileSystemError, errnoOf, machineFailure } from "./system-error.ts";
export { isUnwritable } from "./unwritable.ts";
