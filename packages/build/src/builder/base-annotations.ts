import type { FoundImage } from "@wherry/core/store";

/** The annotation that says when an image was made (image-spec annotations.md). */
const CREATED_ANNOTATION = "org.opencontainers.image.created";

/**
 * Annotations of an image that is made out of another: those of its base, and which base that is. When the base was made is
 * not when the image is.
 *
 * @param base as it was found: by a full name, or without one
 */
export function annotationsAfter(
  annotations: Readonly<Record<string, string>> | undefined,
  { image, fullName }: Pick<FoundImage, "image" | "fullName">,
): Readonly<Record<string, string>> {
  const inherited = { ...annotations };
  for (const key of [CREATED_ANNOTATION, "org.opencontainers.image.base.name"])
    Reflect.deleteProperty(inherited, key);
  return {
    ...inherited,
    "org.opencontainers.image.base.digest": image.manifest.digest,
    ...(fullName === undefined ? {} : { "org.opencontainers.image.base.name": fullName }),
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
