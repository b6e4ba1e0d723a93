import { WherryError } from "../error/index.ts";
import type { Digest } from "../oci/index.ts";

/** Content that cannot be brought into the form asked for. */
export class ConversionError extends WherryError {
  override readonly code = "ERR_WHERRY_CONVERSION";
  constructor(what: string, why: string) {
    super(`cannot convert ${what}: ${why}`);
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
