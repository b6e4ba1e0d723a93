import { parseReference, withDefaultTag, formatReference } from "@wherry/core/reference";
import type { Tree } from "./tree.ts";

/** Files or an image under a name that `--build-context` gives them. */
export type NamedContext =
  | { readonly kind: "files"; readonly open: () => Promise<ContextFiles> }
  | { readonly kind: "image"; readonly image: string };

/** The files of a named context; those far away are fetched when a step needs them. */
export interface ContextFiles {
  readonly tree: Tree;
  readonly explainMissing?: (path: string) => string | undefined;
}

/** The context of that name: as it is written, or as the image it would be the name of. */
export function findNamedContext(
  contexts: ReadonlyMap<string, NamedContext>,
  name: string,
): NamedContext | undefined {
  if (contexts.size === 0) return undefined;
  const exact = contexts.get(name) ?? contexts.get(name.toLowerCase());
  if (exact !== undefined) return exact;
  const wanted = normalised(name);
  if (wanted === undefined) return undefined;
  for (const [other, context] of contexts) if (normalised(other) === wanted) return context;
  return undefined;
}

/** The name as an image's, in full; undefined when it cannot be one. */
function normalised(name: string): string | undefined {
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch {
    return undefined;
  }
}
