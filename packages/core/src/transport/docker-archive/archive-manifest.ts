import * as v from "valibot";
import { MANIFEST_SIZE_LIMIT } from "../../oci/index.ts";
import {
  formatReference,
  InvalidReferenceError,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../../reference/index.ts";
import { ChooseImageError, InvalidLayoutError, NoSuchImageError } from "../errors.ts";
import type { ImageFiles } from "../image-files.ts";

/** One image of a docker archive, as its manifest.json says (docker's image/spec/v1.2.md "Combined Image JSON"). */
export interface ArchivedImage {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

const names = v.optional(v.nullable(v.array(v.string())));
const schema = v.array(v.looseObject({ Config: v.string(), RepoTags: names, Layers: names }));

/** The images of an archive. @throws {InvalidLayoutError} */
export function readArchiveManifest(files: ImageFiles): ArchivedImage[] {
  const bytes = files.readBytes("manifest.json", MANIFEST_SIZE_LIMIT);
  if (bytes === undefined)
    throw new InvalidLayoutError(files.place, "is no docker archive: it has no manifest.json");
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch (error) {
    throw new InvalidLayoutError(files.place, "has a manifest.json that is not JSON", error);
  }
  const result = v.safeParse(schema, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw new InvalidLayoutError(
      files.place,
      `has a bad manifest.json: ${v.getDotPath(issue) ?? ""} ${issue.message}`,
    );
  }
  return result.output.map(({ Config, RepoTags, Layers }) => ({
    Config,
    RepoTags: RepoTags ?? [],
    Layers: Layers ?? [],
  }));
}

/** The names of an archived image that can be read as such. */
export function referencesOf({ RepoTags }: ArchivedImage): Reference[] {
  return RepoTags.flatMap((text) => {
    try {
      return [withDefaultTag(parseReference(text))];
    } catch (error) {
      if (error instanceof InvalidReferenceError) return []; // such as <none>:<none>
      throw error;
    }
  });
}

/**
 * The image a user means by name or number, or the only one there is.
 *
 * @throws {NoSuchImageError | ChooseImageError}
 */
export function chooseArchived(
  images: readonly ArchivedImage[],
  wanted: Reference | number | undefined,
  place: string,
): ArchivedImage {
  const found =
    wanted === undefined
      ? images
      : typeof wanted === "number"
        ? images.slice(wanted, wanted + 1)
        : images.filter((image) =>
            referencesOf(image).some((name) => formatReference(name) === formatReference(wanted)),
          );
  const [first, second] = found;
  const known = images.map(({ RepoTags }, number) => RepoTags[0] ?? `@${number}`);
  if (first === undefined) {
    const what =
      wanted === undefined
        ? "an image"
        : typeof wanted === "number"
          ? `image @${wanted}`
          : formatReference(wanted);
    throw new NoSuchImageError(`${what} in ${place}`, known);
  }
  if (second !== undefined && wanted === undefined) throw new ChooseImageError(place, known);
  return first;
}
