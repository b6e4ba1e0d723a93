import { WherryError } from "../error/index.ts";
import type { Digest } from "../oci/index.ts";

/** Content is not what its digest says. */
export class DigestMismatchError extends WherryError {
  override readonly code = "ERR_WHERRY_DIGEST_MISMATCH";
  constructor(expected: Digest, actual: Digest) {
    super(`content does not match its digest: expected ${expected}, got ${actual}`, {
      hint: "try again; if it stays, the source serves damaged or altered content",
    });
  }
}

/** Content is longer or shorter than its descriptor says. Sizes in bytes. */
export class SizeMismatchError extends WherryError {
  override readonly code = "ERR_WHERRY_SIZE_MISMATCH";
  constructor(what: string, expected: number, actual: number) {
    super(`${what} should have ${expected} bytes but has ${actual > expected ? "more" : actual}`);
  }
}

/** Something that must fit in memory does not. */
export class TooLargeError extends WherryError {
  override readonly code = "ERR_WHERRY_TOO_LARGE";
  constructor(what: string, limit: number) {
    super(`${what} is larger than the limit of ${limit} bytes`);
  }
}
