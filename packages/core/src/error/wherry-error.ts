/** What an error carries besides its message. */
export interface ErrorDetails {
  readonly cause?: unknown;
  /** What the user can do, as one imperative sentence. */
  readonly hint?: string;
}

/** Root of every failure a user can reach. Anything else that escapes is a bug. */
export abstract class WherryError extends Error {
  /** Stable and listed in docs/errors.md; scripts and tests match on this, never on the message. */
  abstract readonly code: `ERR_WHERRY_${string}`;
  /** Process exit status; 125 is podman's "the tool itself failed". */
  readonly exitStatus: number = 125;
  /** What the user can do, as one imperative sentence. */
  readonly hint: string | undefined;

  constructor(message: string, { cause, hint }: ErrorDetails = {}) {
    super(withoutCredentials(message), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** The text with user and password taken out of every URL in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, "$1");
}
