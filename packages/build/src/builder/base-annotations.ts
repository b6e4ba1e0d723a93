import { formatReference, isShortName, parseReference, withDefaultTag } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";

/** The annotation that says when an image was made (image-spec annotations.md). */
const CREATED_ANNOTATION = "org.opencontainers.image.created";

/**
 * Annotations of an image that is made out of another: those of its base, and which base that is. When the base was made is
 * not when the image is.
 *
 * @param typed how the base was called
 */
export function annotationsAfter(
  annotations: Readonly<Record<string, string>> | undefined,
  base: Pick<StoredImage, "manifest" | "names">,
  typed: string,
): Readonly<Record<string, string>> {
  const inherited = { ...annotations };
  for (const name of [CREATED_ANNOTATION, "org.opencontainers.image.base.name"])
    Reflect.deleteProperty(inherited, name);
  const name = fullName(typed, base.names);
  return {
    ...inherited,
    "org.opencontainers.image.base.digest": base.manifest.digest,
    ...(name === undefined ? {} : { "org.opencontainers.image.base.name": name }),
  };
}

/** What of an image's annotations is changed. */
export interface AnnotationChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  /** RFC 3339, where the image is to say when it was made. */
  readonly created?: string | undefined;
}

/** An image's annotations after changes that are asked for with it: what is to be taken away goes last. */
export function changedAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  { set, unset, created }: AnnotationChanges,
): Readonly<Record<string, string>> {
  const all = {
    ...annotations,
    ...(created === undefined ? {} : { [CREATED_ANNOTATION]: created }),
    ...set,
  };
  for (const name of unset) Reflect.deleteProperty(all, name);
  return all;
}

/** The full name that stands for what was typed; undefined for IDs and places. */
function fullName(typed: string, names: readonly string[]): string | undefined {
  const text = typed.replace(/^docker:\/\//, "");
  try {
    const reference = withDefaultTag(parseReference(text));
    if (!isShortName(text)) return formatReference(reference);
    const [path = ""] = text.split(/[:@]/);
    const end = `${path}:${reference.tag ?? ""}`;
    const fits = names.filter((name) => [end, `library/${end}`].includes(name.slice(name.indexOf("/") + 1)));
    return fits.length === 1 ? fits[0] : fits.find((name) => name.startsWith("localhost/"));
  } catch {
    return undefined; // a place by its transport, or an ID
  }
}
