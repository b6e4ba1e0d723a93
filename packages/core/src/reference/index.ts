export { InvalidReferenceError, UnqualifiedNameError } from "./errors.ts";
export { familiarName, formatReference } from "./format-reference.ts";
export {
  DEFAULT_REGISTRY,
  isShortName,
  parseQualified,
  parseReference,
  withDefaultTag,
  type Reference,
} from "./parse-reference.ts";
