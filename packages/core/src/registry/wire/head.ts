import { WireError } from "./wire-error.ts";

/** Header fields of an answer, names in lower case; those of one name are joined as RFC 9110 section 5.3 says. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The part of an answer before its body (RFC 9112 section 2). */
export interface Head {
  readonly minor: 0 | 1;
  readonly status: number;
  readonly headers: Headers;
}

/** How the end of a body is known (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** Bytes of a head, and of the trailers of a body. */
export const HEAD_LIMIT = 64 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
/** Of these the first counts: joined they would mean something else. */
const SINGLE = new Set([
  "content-type",
  "content-range",
  "location",
  "retry-after",
  "etag",
  "range",
  "docker-content-digest",
]);

/**
 * Reads a head, without the empty line at its end. Strict: what two readers could understand in two ways is refused.
 *
 * @throws {WireError}
 */
export function parseHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new WireError("its answer does not begin as one of HTTP/1.1 does");
  const headers = Object.create(null) as Record<string, string | undefined>;
  for (const line of lines) {
    const [, spelled, value = ""] = FIELD.exec(line) ?? [];
    if (spelled === undefined) throw new WireError("a header of its answer is malformed");
    const name = spelled.toLowerCase();
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (name === "content-length") {
      if (before !== value) throw new WireError("its answer has two lengths");
    } else if (!SINGLE.has(name)) headers[name] = `${before}, ${value}`;
  }
  return { minor: minor === "0" ? 0 : 1, status: Number(status), headers };
}

/**
 * How the body of an answer to a request with that method ends.
 *
 * @throws {WireError}
 */
export function framingOf({ status, headers }: Head, method: string): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304)
    return { kind: "length", length: 0 };
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (coding !== undefined) {
    if (length !== undefined) throw new WireError("its answer has both a length and a transfer coding");
    if (coding.toLowerCase() !== "chunked")
      throw new WireError("its answer has a transfer coding that was not asked for");
    return { kind: "chunked" };
  }
  if (length === undefined) return { kind: "close" };
  if (!/^\d{1,15}$/.test(length)) throw new WireError("the length of its answer is no number");
  return { kind: "length", length: Number(length) };
}

/** Whether the connection may serve another request after this answer (RFC 9112 section 9.3). */
export function isPersistent({ minor, headers }: Head): boolean {
  const options = (headers["connection"] ?? "")
    .toLowerCase()
    .split(",")
    .map((option) => option.trim());
  return minor === 1 ? !options.includes("close") : options.includes("keep-alive");
}
