import { WherryError } from "../error/index.ts";

/** A registry does not accept a login. */
export class LoginFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_LOGIN_FAILED";
  constructor(registry: string, cause: unknown) {
    super(`logging into "${registry}": invalid username/password`, { cause });
  }
}

/** There is no login to forget. */
export class NotLoggedInError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_LOGGED_IN";
  constructor(registry: string) {
    super(`not logged into ${registry}`);
  }
}

/** A transport has no tags. */
export class TagsUnsupportedError extends WherryError {
  override readonly code = "ERR_WHERRY_TAGS_UNSUPPORTED";
  constructor(transport: string) {
    super(`unsupported transport '${transport}' for tag listing`, {
      hint: "tags can be listed of docker, docker-archive, oci and oci-archive",
    });
  }
}

/** None of the images that a name without registry may stand for could be had. */
export class ShortNameUnresolvedError extends WherryError {
  override readonly code = "ERR_WHERRY_SHORT_NAME_UNRESOLVED";
  /** @param failures what went wrong with each name that was tried, in order */
  constructor(name: string, failures: readonly unknown[]) {
    const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
    super(`short-name ${JSON.stringify(name)} was found in no search registry: ${reasons.join("; ")}`, {
      hint: "type the full name, with the registry",
      cause: new AggregateError(failures),
    });
  }
}

/** A name without registry may stand for several images, and nobody can be asked which is meant. */
export class ShortNameEnforcedError extends WherryError {
  override readonly code = "ERR_WHERRY_SHORT_NAME_ENFORCED";
  /** @param file registries.conf, for the hint */
  constructor(name: string, names: readonly string[], file: string) {
    super(
      `short-name resolution enforced but cannot prompt without a TTY: ${JSON.stringify(name)} may be ${names.join(" or ")}`,
      { hint: `type the full name, or give it in [aliases] of ${file}` },
    );
  }
}

/** An image with several names is to be removed by its ID. */
export class ManyNamesError extends WherryError {
  override readonly code = "ERR_WHERRY_MANY_NAMES";
  override readonly exitStatus = 2;
  constructor(text: string, names: readonly string[]) {
    super(
      `unable to delete image ${JSON.stringify(text)} by ID with more than one tag (${names.join(", ")})`,
      {
        hint: "name the tag to remove, or use --force",
      },
    );
  }
}

/** A signed image would not be the one that was signed any more. */
export class SignaturesInvalidatedError extends WherryError {
  override readonly code = "ERR_WHERRY_SIGNATURES_INVALIDATED";
  constructor(image: string) {
    super(`${image} is signed, and what was asked for would change it: Would invalidate signatures`, {
      hint: "leave out the flag that changes it, or copy it without its signatures by --remove-signatures",
    });
  }
}

/** Signatures are to go where none can be kept. */
export class SignaturesUnsupportedError extends WherryError {
  override readonly code = "ERR_WHERRY_SIGNATURES_UNSUPPORTED";
  /** @param isAsked whether the image is to be signed; else its source has signatures */
  constructor(place: string, isAsked: boolean) {
    super(`Can not copy signatures to ${place}: nothing there keeps them`, {
      hint: isAsked
        ? "sign an image in a registry (docker://) or in a folder (dir:)"
        : "copy the image without its signatures by --remove-signatures",
    });
  }
}

/** It is not clear for which name an image is to be signed. */
export class SignIdentityError extends WherryError {
  override readonly code = "ERR_WHERRY_SIGN_IDENTITY";
  constructor(message: string) {
    super(message, { hint: "give the name with --sign-identity REGISTRY/REPOSITORY:TAG" });
  }
}

/** A new tag lies in another repository, where the image's blobs are not. */
export class TagElsewhereError extends WherryError {
  override readonly code = "ERR_WHERRY_TAG_ELSEWHERE";
  constructor(text: string, repository: string) {
    super(`${text} is no tag in ${repository}`, {
      hint: "name a tag, or use `wherry-image copy` for another repository",
    });
  }
}

/** An image is at the destination that was not to be replaced. */
export class ImageThereError extends WherryError {
  override readonly code = "ERR_WHERRY_IMAGE_THERE";
  constructor(place: string, digest: string) {
    super(`${place} is there already, with digest ${digest}`, {
      hint: "leave out --no-clobber to replace it, or choose another name",
    });
  }
}

/** Not all images could be copied that an archive was to hold. */
export class ArchiveIncompleteError extends WherryError {
  override readonly code = "ERR_WHERRY_ARCHIVE_INCOMPLETE";
  constructor(path: string, missing: number) {
    super(`${path} is not written: ${missing} of its images could not be copied`, {
      hint: "mend what the other errors say, or leave those images out; an archive that was there is as before",
    });
  }
}

/** A file is no plan of ours. */
export class InvalidPlanError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_PLAN";
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path} is no plan that can be applied: ${why}`, {
      cause,
      hint: "make one with `wherry-image plan copy` or `wherry-image plan sync`",
    });
  }
}

/** What a plan was made of is not so any more. */
export class PlanOutdatedError extends WherryError {
  override readonly code = "ERR_WHERRY_PLAN_OUTDATED";
  constructor(place: string, planned: string | undefined, found: string | undefined) {
    const was = planned === undefined ? "nothing was there" : `it was ${planned}`;
    const is = found === undefined ? "nothing is there" : `it is ${found}`;
    super(`${place} has changed since the plan was made: ${was}, now ${is}`, {
      hint: "look at what changed, and make a new plan",
    });
  }
}

/** More tags would be deleted than the user allowed: none was. */
export class TooManyExtraTagsError extends WherryError {
  override readonly code = "ERR_WHERRY_TOO_MANY_EXTRA_TAGS";
  constructor(names: readonly string[], limit: number) {
    const some = names.slice(0, 10).join(", ");
    super(
      `${names.length} tags would be deleted, more than ${limit}: ${some}${names.length > 10 ? " …" : ""}`,
      {
        hint: "nothing was deleted; look at the list with --dry-run, and allow that many",
      },
    );
  }
}

/** A storage driver, or an option of one, that wherry does not have. */
export class UnsupportedStorageError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSUPPORTED_STORAGE";
  constructor(message: string, hint?: string) {
    super(message, hint === undefined ? {} : { hint });
  }
}

/** Something could not be fetched from a web server. */
export class DownloadFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_DOWNLOAD";
  constructor(url: string, why: string, cause?: unknown) {
    super(`cannot download ${url.replace(/\/\/[^/@]*@/, "//")}: ${why}`, { cause });
  }
}

/** Asked for a registry's token where there are none. */
export class NoTokenError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_TOKEN";
  constructor(host: string) {
    super(`registry ${host} asks for no token: it is open, or takes the login with each request`);
  }
}

/** The stored image of that name is for another platform than the one asked for, and nothing may be pulled. */
export class OtherPlatformStoredError extends WherryError {
  override readonly code = "ERR_WHERRY_OTHER_PLATFORM_STORED";
  constructor(name: string, { stored, wanted }: { readonly stored: string; readonly wanted: string }) {
    super(`${name}: image not known for ${wanted}: the one that is here is for ${stored}`, {
      hint: `ask for ${stored}, or let it be pulled`,
    });
  }
}
