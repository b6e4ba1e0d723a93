import { RegistryUnreachableError } from "./errors.ts";

/** Silence for longer than we wait: for a connection, for an answer, within one. */
export class TimedOut extends Error {
  readonly code: `ERR_${"CONNECT" | "ANSWER" | "BODY"}_TIMEOUT`;

  constructor(what: "CONNECT" | "ANSWER" | "BODY") {
    super("timed out");
    this.code = `ERR_${what}_TIMEOUT`;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name service does not answer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "the connection timed out",
  ERR_CONNECT_TIMEOUT: "the connection timed out",
  ERR_ANSWER_TIMEOUT: "no answer in time",
  ERR_BODY_TIMEOUT: "the answer stopped half way",
  EPROTO: "it does not speak TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
};

const TRANSIENT = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "ERR_CONNECT_TIMEOUT",
  "ERR_ANSWER_TIMEOUT",
  "ERR_BODY_TIMEOUT",
]);

/** The network's failure in words. */
export function unreachable(url: URL, cause: unknown): RegistryUnreachableError {
  if (cause instanceof RegistryUnreachableError) return cause;
  const code = codeOf(cause);
  if (isCertificateCode(code)) {
    return new RegistryUnreachableError(url.host, `its certificate is not trusted (${messageOf(cause)})`, {
      cause,
      hint: `put the certificate of its authority into ~/.config/containers/certs.d/${url.host}/ca.crt, or use --tls-verify=false`,
    });
  }
  const noTls = WORDS[code] === WORDS["EPROTO"];
  return new RegistryUnreachableError(url.host, WORDS[code] ?? messageOf(cause), {
    cause,
    ...(noTls ? { hint: "use --tls-verify=false if it speaks plain HTTP only" } : {}),
  });
}

/** Whether trying again may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof RegistryUnreachableError && TRANSIENT.has(codeOf(error.cause));
}

/** Whether nothing listens there, or the name is wrong: the first request to a host is not repeated then. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof RegistryUnreachableError)) return false;
  return ["ECONNREFUSED", "ERR_CONNECT_TIMEOUT", "ETIMEDOUT"].includes(codeOf(error.cause));
}

/** Whether the host speaks TLS but its certificate does not convince us. */
export function isCertificateFailure(error: unknown): boolean {
  return error instanceof RegistryUnreachableError && isCertificateCode(codeOf(error.cause));
}

function isCertificateCode(code: string): boolean {
  return code.includes("CERT") || code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
}

/** The code of an error, or of the first error it is made of. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
