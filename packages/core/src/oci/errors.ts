import { WherryError } from "../error/index.ts";

/** A text that should be a digest is none. */
export class InvalidDigestError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_DIGEST";
  constructor(text: string) {
    super(
      `invalid digest ${JSON.stringify(text.slice(0, 200))}: expected sha256: and 64 lower-case hex digits`,
    );
  }
}

/** A document from outside (manifest, index, config) is not what its specification says. */
export class InvalidDocumentError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_DOCUMENT";
  constructor(what: string, why: string, cause?: unknown) {
    super(`invalid ${what}: ${why}`, { cause });
  }
}

/** A document is larger than we read into memory. */
export class DocumentTooLargeError extends WherryError {
  override readonly code = "ERR_WHERRY_DOCUMENT_TOO_LARGE";
  constructor(what: string, size: number, limit: number) {
    super(`${what} has ${size} bytes, more than the limit of ${limit}`);
  }
}

/** A platform name that cannot be read. */
export class InvalidPlatformError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_PLATFORM";
  constructor(text: string) {
    super(
      `invalid platform ${JSON.stringify(text)}: expected OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64/v8`,
    );
  }
}

/** No manifest of an index fits the platform. */
export class NoMatchingPlatformError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_MATCHING_PLATFORM";
  constructor(wanted: string, available: readonly string[]) {
    super(
      `no image found in manifest list for platform ${wanted}; it has ${available.length > 0 ? available.join(", ") : "none"}`,
      { hint: "choose one of them with --platform" },
    );
  }
}
