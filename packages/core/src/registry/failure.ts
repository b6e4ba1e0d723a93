import * as v from "valibot";
import { readBody, type Answer } from "./connections.ts";
import {
  DeniedError,
  RateLimitedError,
  RegistryError,
  UnauthorizedError,
  type RegistryFailure,
} from "./errors.ts";

/** Largest answer read into memory that is no manifest, in bytes. */
export const ANSWER_LIMIT = 1024 * 1024;

const failuresSchema = v.looseObject({
  errors: v.array(v.looseObject({ code: v.optional(v.unknown()), message: v.optional(v.unknown()) })),
});

/** What a failed answer says (distribution-spec "Error Codes"); empty when its body is something else. */
export async function readFailures(answer: Answer): Promise<RegistryFailure[]> {
  let text: string;
  try {
    text = (await readBody(answer, ANSWER_LIMIT, "an explanation")).toString();
  } catch {
    return []; // the status says enough; a broken or endless explanation adds nothing
  }
  try {
    const { errors } = v.parse(failuresSchema, JSON.parse(text));
    return errors.map(({ code, message }) => ({ code: printable(code), message: printable(message) }));
  } catch {
    const isText = answer.headers["content-type"]?.startsWith("text/plain") === true;
    return isText && text.trim() !== "" ? [{ code: "", message: printable(text) }] : [];
  }
}

/** Who asked, and what for, to turn an answer into an error. */
export interface FailureContext {
  /** As in "cannot …". */
  readonly action: string;
  readonly host: string;
  readonly hadCredentials: boolean;
  readonly retryAfterMs: number | undefined;
}

/** The error for an answer that is no success. Reads its body. */
export async function failureOf(answer: Answer, context: FailureContext, hint?: string): Promise<Error> {
  const failures = await readFailures(answer);
  return errorFor(answer.status, failures, context, hint);
}

/** The error for a status and what was said about it. */
export function errorFor(
  status: number,
  failures: readonly RegistryFailure[],
  { action, host, hadCredentials, retryAfterMs }: FailureContext,
  hint?: string,
): Error {
  const [first] = failures;
  const said = first?.message ?? "";
  const code = first?.code ?? "";
  if (status === 401 || (code === "UNAUTHORIZED" && status !== 403)) {
    return new UnauthorizedError(host, hadCredentials, said);
  }
  if (status === 403 || code === "DENIED") return new DeniedError(host, action, said);
  if (status === 429) {
    return new RateLimitedError(host, retryAfterMs === undefined ? undefined : retryAfterMs / 1000, said);
  }
  return new RegistryError(action, host, status, failures, hint === undefined ? {} : { hint });
}

/** Text of a stranger, fit for a terminal: one line, no control characters, not too long. */
function printable(value: unknown): string {
  if (typeof value !== "string") return "";
  return value
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .trim()
    .slice(0, 300);
}
