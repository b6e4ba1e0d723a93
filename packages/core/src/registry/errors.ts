import { WherryError, type ErrorDetails } from "../error/index.ts";

/** One error of a registry's answer (distribution-spec "Error Codes"). */
export interface RegistryFailure {
  /** Such as MANIFEST_UNKNOWN; "" when the answer had none. */
  readonly code: string;
  readonly message: string;
}

/** A registry, or a host it sent us to, cannot be talked to. */
export class RegistryUnreachableError extends WherryError {
  override readonly code = "ERR_WHERRY_REGISTRY_UNREACHABLE";
  constructor(host: string, why: string, details: ErrorDetails = {}) {
    super(`cannot reach registry ${host}: ${why}`, details);
  }
}

/** The registry wants to know who asks, or does not accept the answer. */
export class UnauthorizedError extends WherryError {
  override readonly code = "ERR_WHERRY_UNAUTHORIZED";
  constructor(host: string, hadCredentials: boolean, said = "") {
    super(
      hadCredentials
        ? `unauthorized: ${host} does not accept the username and password, authentication required${quoted(said)}`
        : `unauthorized: authentication required by ${host}${quoted(said)}`,
      { hint: `log in with \`wherry login ${host}\`, or check the name: a missing image may look the same` },
    );
  }
}

/** The registry knows who asks, and refuses. */
export class DeniedError extends WherryError {
  override readonly code = "ERR_WHERRY_DENIED";
  constructor(host: string, action: string, said = "") {
    super(`denied: requested access to the resource is denied: ${action} at ${host}${quoted(said)}`, {
      hint: `log in to ${host} as a user who may do that, or check the name: a missing image may look the same`,
    });
  }
}

/** No manifest under that tag or digest, or no such repository. */
export class ManifestUnknownError extends WherryError {
  override readonly code = "ERR_WHERRY_MANIFEST_UNKNOWN";
  constructor(name: string, said = "") {
    super(`manifest unknown: ${name} does not exist${quoted(said)}`);
  }
}

/** No such blob in the repository. */
export class BlobUnknownError extends WherryError {
  override readonly code = "ERR_WHERRY_BLOB_UNKNOWN";
  constructor(digest: string, repository: string) {
    super(`blob unknown to registry: ${digest} is not in ${repository}`);
  }
}

/** No such repository. */
export class RepositoryUnknownError extends WherryError {
  override readonly code = "ERR_WHERRY_REPOSITORY_UNKNOWN";
  constructor(repository: string, said = "") {
    super(`repository name not known to registry: ${repository}${quoted(said)}`);
  }
}

/** The registry asks us to slow down, for longer than we wait. */
export class RateLimitedError extends WherryError {
  override readonly code = "ERR_WHERRY_RATE_LIMITED";
  /** The registry's name, as in image names. */
  readonly host: string;
  /** Seconds the registry asked to wait, if it said so. */
  readonly retryAfter: number | undefined;
  /** Seconds of the window in which it counts pulls, if it said so. */
  readonly windowSeconds: number | undefined;
  constructor(host: string, retryAfter: number | undefined, said = "", windowSeconds?: number) {
    const wait = retryAfter === undefined ? "" : `, try again in ${Math.ceil(retryAfter)} s`;
    super(`toomanyrequests: ${host} limits the rate of requests${wait}${quoted(said)}`, {
      hint: `wait, or log in with \`wherry login ${host}\`: users usually may do more than guests`,
    });
    this.host = host;
    this.retryAfter = retryAfter;
    this.windowSeconds = windowSeconds;
  }
}

/** Any other refusal of a registry. */
export class RegistryError extends WherryError {
  override readonly code = "ERR_WHERRY_REGISTRY";
  /** HTTP status. */
  readonly status: number;
  readonly failures: readonly RegistryFailure[];
  constructor(
    action: string,
    host: string,
    status: number,
    failures: readonly RegistryFailure[],
    details: ErrorDetails = {},
  ) {
    const [first] = failures;
    const said =
      first === undefined ? "" : [first.code, first.message].filter((part) => part !== "").join(": ");
    super(`cannot ${action}: ${host} answered ${status}${quoted(said)}`, details);
    this.status = status;
    this.failures = failures;
  }
}

/** A registry's answer breaks the protocol, or would lead us where we must not go. */
export class RegistryProtocolError extends WherryError {
  override readonly code = "ERR_WHERRY_REGISTRY_PROTOCOL";
  constructor(host: string, why: string, cause?: unknown) {
    super(`${host} ${why}`, { cause });
  }
}

/** An upload broke off, and what was sent can be neither resumed nor sent again. */
export class UploadInterruptedError extends WherryError {
  override readonly code = "ERR_WHERRY_UPLOAD_INTERRUPTED";
  constructor(digest: string, host: string, cause: unknown) {
    super(`upload of ${digest} to ${host} was interrupted and cannot be resumed`, {
      cause,
      hint: "try again; blobs that are already there are not sent again",
    });
  }
}

function quoted(said: string): string {
  return said === "" ? "" : ` (${said})`;
}
