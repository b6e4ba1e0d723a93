import { isShortName, parseReference, withDefaultTag, type Reference } from "@wherry/core/reference";

/**
 * The full name that a name given to an image made here stands for: one without a registry belongs to `localhost`.
 *
 * @throws {InvalidReferenceError}
 */
export function localName(name: string): Reference {
  return withDefaultTag(parseReference(isShortName(name) ? `localhost/${name}` : name));
}
