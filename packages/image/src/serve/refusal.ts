/** A request that is answered with an error (distribution-spec "Error Codes"). */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const manifestUnknown = (): Refusal => new Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
export const blobUnknown = (): Refusal => new Refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
export const nameUnknown = (): Refusal =>
  new Refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
export const uploadUnknown = (): Refusal =>
  new Refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
export const digestInvalid = (why: string): Refusal => new Refusal(400, "DIGEST_INVALID", why);
export const unsupported = (): Refusal =>
  new Refusal(405, "UNSUPPORTED", "the operation is not supported here");
