import { WherryError } from "../error/index.ts";
import type { Digest } from "../oci/index.ts";

/** Content that cannot be brought into the form asked for. */
export class ConversionError extends WherryError {
  override readonly code = "ERR_WHERRY_CONVERSION";
  constructor(what: string, why: string) {
    super(`cannot convert ${what}: ${why}`);
  }
}

/** No manifest of the image names that blob. */
export class NoSuchBlobError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_SUCH_BLOB";
  constructor(image: string, digest: string) {
    super(`${image} has no blob ${digest}`, {
      hint: "take a digest of its config or layers, as inspect prints them; inspect --raw prints manifests",
    });
  }
}

/** An index nests deeper than any real one. */
export class IndexTooDeepError extends WherryError {
  override readonly code = "ERR_WHERRY_INDEX_TOO_DEEP";
  constructor(digest: Digest, limit: number) {
    super(`index ${digest} lies more than ${limit} indexes deep`);
  }
}

/** Only the index was asked for, and there is none. */
export class NoIndexError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_INDEX";
  constructor(digest: Digest) {
    super(`${digest} is the manifest of one image, not an index of several`, {
      hint: "leave out --multi-arch index-only",
    });
  }
}

/** The transport has no way to delete an image. */
export class DeleteUnsupportedError extends WherryError {
  override readonly code = "ERR_WHERRY_DELETE_UNSUPPORTED";
  constructor(what: string, hint?: string) {
    super(`cannot delete ${what}`, hint === undefined ? {} : { hint });
  }
}

/** Deleting a manifest would delete tags that nobody asked to delete. */
export class OtherTagsError extends WherryError {
  override readonly code = "ERR_WHERRY_OTHER_TAGS";
  constructor(name: string, others: readonly string[]) {
    super(
      `the registry cannot delete a tag alone, and the manifest of ${name} has more tags: ${others.slice(0, 20).join(", ")}`,
      { hint: "delete the manifest with all its tags by --manifest" },
    );
  }
}

/** The image has no such file. */
export class NoSuchFileInImageError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_SUCH_FILE_IN_IMAGE";
  constructor(path: string) {
    super(`the image has no ${path}`, { hint: "check the path: it begins at the root of the image" });
  }
}

/** What is at a path of an image has no content to print. */
export class NotAFileError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_A_FILE";
  constructor(path: string, type: string) {
    super(`${path} is no file in the image but a ${type}`);
  }
}

/** Stored content is not what its names say. */
export class ContentDamagedError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTENT_DAMAGED";
  constructor(name: string, count: number) {
    super(
      `${name} is damaged: ${count} of its parts ${count === 1 ? "is" : "are"} not what ${count === 1 ? "its" : "their"} digest says`,
      {
        hint: "push the image again from where it is whole",
      },
    );
  }
}
