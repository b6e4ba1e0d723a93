import {
  isDigest,
  isIndexMediaType,
  MEDIA_TYPE,
  parseManifest,
  type Descriptor,
  type ImageIndex,
} from "../../oci/index.ts";
import {
  InvalidReferenceError,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../../reference/index.ts";
import { ChooseImageError, InvalidLayoutError, NoSuchImageError } from "../errors.ts";

/** The annotation that names a manifest of a layout (image-spec annotations.md), and the one containerd adds for the full name. */
const REF_NAME = "org.opencontainers.image.ref.name";
const CONTAINERD_NAME = "io.containerd.image.name";

/** What an empty layout's index.json says. */
export const EMPTY_INDEX: ImageIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };

/** Reads an index.json. @throws {InvalidLayoutError | InvalidDocumentError} */
export function parseLayoutIndex(bytes: Uint8Array, path: string): ImageIndex {
  const manifest = parseManifest(bytes, MEDIA_TYPE.ociIndex);
  if (manifest.kind === "index") return manifest.content;
  throw new InvalidLayoutError(path, "is no index of an OCI layout");
}

/**
 * The manifest a user means: by name, digest (`@sha256:…`) or number, or the only one there is.
 *
 * @throws {NoSuchImageError | ChooseImageError}
 */
export function chooseManifest(
  { manifests }: ImageIndex,
  image: string | number | undefined,
  place: string,
): Descriptor {
  const names = namesOf(manifests);
  const found = image === undefined ? manifests : matching(manifests, image);
  const [first, second] = found;
  if (first === undefined)
    throw new NoSuchImageError(
      image === undefined ? `an image in ${place}` : `image ${image} in ${place}`,
      names,
    );
  if (second !== undefined && found.some(({ digest }) => digest !== first.digest))
    throw new ChooseImageError(place, names);
  return first;
}

/** The index with the image published under the name: who had that name before loses it. Without a name only the digest counts. */
export function withManifest(index: ImageIndex, root: Descriptor, name: string | undefined): ImageIndex {
  const others = index.manifests.filter((other) =>
    name === undefined ? other.digest !== root.digest : other.annotations?.[REF_NAME] !== name,
  );
  const { mediaType, digest, size, platform } = root;
  const entry: Descriptor = {
    mediaType,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { annotations: { [REF_NAME]: name } }),
  };
  return { ...index, manifests: [...others, entry] };
}

/** Whether the index publishes that manifest under the name. */
export function publishes(index: ImageIndex, root: Descriptor, name: string | undefined): boolean {
  return index.manifests.some(
    ({ digest, annotations }) =>
      digest === root.digest && (name === undefined || annotations?.[REF_NAME] === name),
  );
}

/** The image names a layout gives a manifest. A name without registry or repository, such as `latest`, is a mere label. */
export function layoutNames({ annotations }: Descriptor): Reference[] {
  for (const text of [annotations?.[CONTAINERD_NAME], annotations?.[REF_NAME]]) {
    if (text === undefined || !/[/:]/.test(text)) continue;
    try {
      return [withDefaultTag(parseReference(text))];
    } catch (error) {
      if (!(error instanceof InvalidReferenceError)) throw error;
    }
  }
  return [];
}

/** What a layout itself calls a manifest: what is typed behind its path. */
export function layoutLabel({ annotations }: Descriptor): string | undefined {
  return annotations?.[REF_NAME];
}

function matching(manifests: readonly Descriptor[], image: string | number): readonly Descriptor[] {
  if (typeof image === "number") return manifests.slice(image, image + 1);
  const digest = image.startsWith("@") ? image.slice(1) : image;
  for (const matches of [
    (manifest: Descriptor) => manifest.annotations?.[REF_NAME] === image,
    (manifest: Descriptor) => manifest.annotations?.[CONTAINERD_NAME] === image,
    (manifest: Descriptor) => isDigest(digest) && manifest.digest === digest,
  ]) {
    const found = manifests.filter(matches);
    if (found.length > 0) return found;
  }
  return [];
}

/** How a user may name them: by name, else by number. */
function namesOf(manifests: readonly Descriptor[]): string[] {
  return manifests.map(
    ({ annotations, digest, mediaType }, number) =>
      annotations?.[REF_NAME] ??
      `@${number} (${isIndexMediaType(mediaType) ? "index " : ""}${digest.slice(0, 19)})`,
  );
}
