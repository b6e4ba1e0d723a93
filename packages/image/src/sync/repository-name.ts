import { parseReference } from "@wherry/core/reference";

/**
 * Whether a text names a repository below a registry, and no more: neither tag nor digest.
 *
 * @throws {InvalidReferenceError}
 */
export function isRepositoryName(text: string): boolean {
  const { tag, digest } = parseReference(`example.com/${text}`);
  return tag === undefined && digest === undefined;
}
