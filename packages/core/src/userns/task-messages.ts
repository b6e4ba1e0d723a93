import { WherryError } from "../error/index.ts";
import { RemoteError } from "./errors.ts";

/** What the worker is asked. */
export interface TaskRequest {
  readonly id: number;
  readonly task: string;
  readonly input: object;
}

/** What the worker answers. */
export type TaskAnswer =
  { readonly id: number; readonly output: unknown } | { readonly id: number; readonly failure: TaskFailure };

/** An error as it crosses between processes. */
export interface TaskFailure {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  /** Only of failures that are no WherryError. */
  readonly stack?: string;
}

/** The parts of an error that cross. */
export function packFailure(error: unknown): TaskFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  if (!(error instanceof WherryError)) {
    return { message: error.message, ...code, ...(error.stack === undefined ? {} : { stack: error.stack }) };
  }
  return { message: error.message, ...code, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/** The error on the other side: with the same code, message and hint. */
export function unpackFailure({ message, code, hint, stack }: TaskFailure): Error {
  if (isWherryCode(code)) return new RemoteError(code, message, hint);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}

function isWherryCode(code: string | undefined): code is `ERR_WHERRY_${string}` {
  return code?.startsWith("ERR_WHERRY_") ?? false;
}
