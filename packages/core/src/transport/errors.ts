import { WherryError } from "../error/index.ts";

/** A text is no image location. */
export class InvalidTransportNameError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_TRANSPORT_NAME";
  constructor(text: string, why: string) {
    super(`Invalid image name ${JSON.stringify(text)}: ${why}`, {
      hint: "write TRANSPORT:LOCATION, such as docker://quay.io/podman/hello, oci:PATH:TAG, dir:PATH or docker-archive:FILE",
    });
  }
}

/** An image cannot have that further name at its place. */
export class MoreNamesError extends WherryError {
  override readonly code = "ERR_WHERRY_MORE_NAMES";
  /** @param text the name; undefined when the place takes none at all */
  constructor(place: string, text?: string) {
    super(text === undefined ? `${place} takes no additional tags` : `${text} is no tag of ${place}`, {
      hint: "additional tags are for docker://, oci: and docker-archive:; for another repository copy again",
    });
  }
}

/** A registry that configuration forbids. */
export class BlockedRegistryError extends WherryError {
  override readonly code = "ERR_WHERRY_BLOCKED_REGISTRY";
  constructor(registry: string, name: string) {
    super(`registry ${registry} is blocked in registries.conf: cannot use ${name}`);
  }
}

/** The image named is not at that place. */
export class NoSuchImageError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_SUCH_IMAGE";
  constructor(what: string, names: readonly string[]) {
    const list = names.length === 0 ? "none has a name" : `it has ${names.slice(0, 20).join(", ")}`;
    super(`${what} is not there; ${list}`);
  }
}

/** The file or folder an image is to be read from does not exist. */
export class PlaceMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_PLACE_MISSING";
  constructor(path: string) {
    super(`cannot open ${path}: no such file or directory`, { hint: "check the path" });
  }
}

/** A place holds several images, and none was chosen. */
export class ChooseImageError extends WherryError {
  override readonly code = "ERR_WHERRY_CHOOSE_IMAGE";
  constructor(place: string, names: readonly string[]) {
    super(`${place} has more than one image: ${names.slice(0, 20).join(", ")}`, {
      hint: `choose one: ${place}:NAME, or ${place}:@NUMBER counted from 0`,
    });
  }
}

/** A file or folder is not what the transport expects. */
export class InvalidLayoutError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_LAYOUT";
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path} ${why}`, { cause });
  }
}

/** Another process has written a different image into the same folder meanwhile, and taken away what ours needs. */
export class FolderTakenError extends WherryError {
  override readonly code = "ERR_WHERRY_FOLDER_TAKEN";
  constructor(path: string, cause: unknown) {
    super(`another process has written its image into ${path} meanwhile`, {
      cause,
      hint: "copy again once it is done, or into another folder",
    });
  }
}

/** A destination holds something that writing would destroy. */
export class RefusingToOverwriteError extends WherryError {
  override readonly code = "ERR_WHERRY_REFUSING_TO_OVERWRITE";
  constructor(path: string, what: string) {
    super(`refusing to write into ${path}: it is not empty and no ${what}`, {
      hint: "choose another place, or empty it first",
    });
  }
}

/** The image is of a kind that the destination cannot hold. */
export class UnsupportedByDestinationError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSUPPORTED_BY_DESTINATION";
  constructor(destination: string, what: string) {
    super(`${destination} cannot hold ${what}`);
  }
}

/** registries.d names a place for signatures that is none. */
export class InvalidLookasideError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_LOOKASIDE";
  constructor(url: string, why: string) {
    super(`the lookaside ${url} of registries.d cannot be used: ${why}`, {
      hint: "write file:///PATH, http://HOST/PATH or https://HOST/PATH there",
    });
  }
}

/** Signatures are to be written to a web server. */
export class LookasideReadOnlyError extends WherryError {
  override readonly code = "ERR_WHERRY_LOOKASIDE_READ_ONLY";
  constructor(url: string) {
    super(`signatures cannot be written to ${url}: it is a web server`, {
      hint: "name a folder in registries.d, as lookaside-staging: file:///PATH, and publish what is written there",
    });
  }
}

/** An archive being written lost a piece, and what follows would be in the wrong place. */
export class ArchiveBrokenError extends WherryError {
  override readonly code = "ERR_WHERRY_ARCHIVE_BROKEN";
  constructor(path: string, cause: unknown) {
    super(`${path} cannot be completed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
