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
